// The desk's page with both hands full: scans queue while one is on its way, modes turn at once, answers are drawn in place.
import { Line } from "./parts/desk-line.js";
import { keepFocus, press, readyKeys } from "./parts/desk-keys.js";
import { play, readySwitch } from "./parts/desk-sounds.js";
import { watchIdle } from "./parts/desk-idle.js";

const desk = document.querySelector("#desk");
const form = document.querySelector("#scan");
const field = document.querySelector("#field");
const words = desk.dataset;

// A visit is one reader at one station in one mode. What was scanned during it belongs to it, also when its answer comes later.
let visit = { mode: desk.dataset.mode, word: form.elements.open.value };
const line = new Line(arrived, standing);

function scanOf(path, fields) {
  const scan = { path, visit };
  scan.written = () => {
    const body = new URLSearchParams(fields);
    body.set("mode", scan.visit.mode);
    body.set("open", scan.visit.word);
    body.delete("key"); // it travels as a header
    return body;
  };
  return scan;
}

function arrived(scan, answer) {
  touch();
  if (!answer.isStation) return say(words.broken, "err");
  const drawn = new DOMParser().parseFromString(answer.text, "text/html").querySelector("[data-mode]");
  scan.visit.word = drawn.dataset.word;
  // A question to somebody who has gone: nobody may answer it for them, so it is said that the copy was not lent.
  const isOvertaken = scan.visit !== visit && drawn.querySelector("#answer [data-ask]") !== null;
  if (isOvertaken) return say([words.overtaken, drawn.querySelector("#answer .copy")?.textContent.trim()].filter(Boolean).join("　"), "err");
  put("#answer", drawn);
  document.querySelector("#acts").replaceWith(drawn.querySelector("#acts"));
  keepUndo();
  if (scan.visit === visit) {
    if (drawn.dataset.mode !== visit.mode) return turn(drawn.dataset.mode);
    document.querySelector("#reader").replaceWith(drawn.querySelector("#reader"));
    readySwitch(document.querySelector("#reader"));
  }
  afterAnswer();
}

// The box itself stays, since it is what a screen reader listens to.
function put(selector, drawn) {
  document.querySelector(selector).replaceChildren(...drawn.querySelector(selector).childNodes);
}

// A refused scan takes the answer's place, not the key: what this station did last is still undone by it, never what a colleague did.
let lastAct = "";
function keepUndo() {
  const undo = document.querySelector('#answer [data-key="F9"]');
  if (undo) lastAct = undo.form.elements.value.value;
  const row = [...document.querySelectorAll("#acts [data-seconds]")].find((button) => button.form.elements.value.value === lastAct);
  if (undo || !row) return;
  row.dataset.key = "F9";
  const key = document.createElement("kbd");
  key.textContent = "F9";
  row.append(key);
}

function afterAnswer() {
  const answer = document.querySelector("#answer");
  const result = answer.querySelector("[data-sound]");
  if (result) play(result.dataset.sound);
  countDown(document);
  const way = answer.querySelector("[data-go]");
  if (way && line.waiting.length <= 1) location.assign(way.href);
  line.hold(answer.querySelector("[data-ask=count]") !== null);
  if (document.activeElement !== field) field.focus({ preventScroll: true });
}

function say(sentence, sound) {
  const text = document.createElement("p");
  text.className = sound === "err" ? "quietly err" : "quietly";
  text.textContent = sentence;
  document.querySelector("#answer").replaceChildren(text);
  line.hold(false);
  play(sound);
}

function clearAnswer() {
  document.querySelector("#answer").replaceChildren();
  line.hold(false);
  field.focus();
  field.select(); // what was half typed is not put before the next scan
}

function turn(mode) {
  visit = { mode, word: "" };
  desk.dataset.mode = mode;
  document.title = document.title.replace(mode === "lend" ? words.return : words.lend, words[mode]);
  for (const link of desk.querySelectorAll("[data-turn]")) {
    if (link.dataset.turn === mode) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  emptyReader();
  clearAnswer();
}

function emptyReader() {
  const fresh = document.querySelector(`#reader-${visit.mode}`).content.firstElementChild.cloneNode(true);
  document.querySelector("#reader").replaceWith(fresh);
  readySwitch(fresh);
}

function endVisit() {
  visit = { mode: visit.mode, word: "" };
  emptyReader();
  clearAnswer();
}

function standing(state, count) {
  const shown = desk.querySelector("[data-line]");
  const rest = count > 1 || (count && line.held) ? `${words.queued} ${line.held ? count : count - 1}` : "";
  const sentences = { sending: words.sending, away: words.away, "signed-out": words.signedOut };
  const sentence = line.held && count ? words.answerFirst : sentences[state];
  clearTimeout(standing.timer);
  const draw = () => {
    shown.hidden = !sentence;
    shown.className = `line ${state}`;
    shown.textContent = [sentence, rest].filter(Boolean).join("　");
  };
  // What is answered at once need not say that it was on its way.
  if (state === "sending" && shown.hidden) standing.timer = setTimeout(draw, 300);
  else if (!(state === "sending" && shown.classList.contains("away"))) draw();
}

function countDown(root) {
  for (const button of root.querySelectorAll("[data-seconds]:not([data-until])")) {
    button.dataset.until = String(performance.now() + Number(button.dataset.seconds) * 1000);
  }
}

setInterval(() => {
  for (const button of document.querySelectorAll("[data-until]")) {
    const left = Math.ceil((Number(button.dataset.until) - performance.now()) / 1000);
    if (left <= 0) button.closest("form").remove();
    else button.querySelector("[data-left]").textContent = `${left}${words.second}`;
  }
}, 250);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const value = field.value.trim();
  field.value = "";
  if (value === "") return press("Enter");
  if (value === "/due") return press("F4");
  line.add(scanOf(form.action, { ...Object.fromEntries(new FormData(form)), value }));
});

document.addEventListener("submit", (event) => {
  const asked = event.target.closest("form[data-desk]");
  if (!asked) return;
  event.preventDefault();
  const fields = [...new FormData(asked, event.submitter)];
  if (asked.dataset.turnFirst) turn(asked.dataset.turnFirst);
  const isReply = line.held && asked.closest("#answer") !== null;
  line.held = isReply ? false : line.held;
  line.add(scanOf(asked.action, fields), { first: isReply });
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-turn], [data-end], [data-dismiss]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (link.matches("[data-turn]")) turn(link.dataset.turn);
  else if (link.matches("[data-end]")) endVisit();
  else clearAnswer();
});

desk.querySelector("[data-box]").addEventListener("change", () => field.focus());
window.addEventListener("beforeunload", (event) => {
  if (!line.isEmpty) event.preventDefault();
});

const touch = watchIdle(desk, {
  isIdling: () => visit.mode === "lend",
  fallBack: () => {
    // What waits behind a question that nobody answered was never looked at; what is on its way was scanned for this reader and goes on.
    const left = line.held ? line.drop() : 0;
    turn("return");
    say(left ? `${words.idleDone}　${words.dropped} ${left}` : words.idleDone, left ? "err" : "warn");
  },
});
readyKeys(field);
readySwitch(document);
keepFocus(field);
countDown(document);
