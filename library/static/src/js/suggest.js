// Suggestions below the search box (an ARIA combobox with a list) and what was searched for lately (a list of links), loaded when the box is used.
import { inHiragana, marked, place } from "./parts/marking.js";
import { forget, forgetAll, isOff, recent, remember, turn } from "./parts/recent.js";

const ADDRESS = "/api/v1/suggest";
const PAUSE = 80; // ms after the last key
const SPOKEN_AFTER = 500; // ms without a further key, so that a screen reader is not interrupted at every one
const LOWEST = 176; // px, three rows: less than that is not worth a list
const HIRAGANA = /[ぁ-ゖ]/u;
const KANJI = /[々〇㐀-鿿豈-﫿]/u;
const ready = new WeakSet();

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

class Box {
  #timer;
  #speaking;
  #asked; // aborts the question under way
  #number = 0; // of the last question: an older answer is none
  #options = [];
  #active = -1;
  #text = ""; // as it was typed last

  constructor(input) {
    this.input = input;
    this.words = JSON.parse(input.dataset.words);
    this.frame = input.closest(".search");
    this.list = element("ul", { role: "listbox", id: `${input.id}-suggestions`, class: "suggestions", "aria-label": this.words.list });
    this.past = element("div", { role: "group", class: "suggestions past", "aria-label": this.words.recent });
    this.spoken = element("span", { role: "status", class: "unseen" });
    this.list.hidden = this.past.hidden = true;
    this.frame.append(this.list, this.past, this.spoken);
    const said = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id, autocapitalize: "none", spellcheck: "false" };
    for (const [name, value] of Object.entries(said)) input.setAttribute(name, value);
    this.#listen();
  }

  get keepsRecent() {
    return "recent" in this.input.dataset;
  }

  #listen() {
    const { input, frame, list } = this;
    input.addEventListener("input", () => this.#typed()); // also while an input method composes
    input.addEventListener("focus", () => this.#showPast());
    input.addEventListener("click", () => this.#showPast());
    input.addEventListener("keydown", (event) => this.#pressed(event));
    input.form.addEventListener("submit", () => {
      if (this.keepsRecent) remember(input.value);
      this.close();
    });
    frame.addEventListener("focusout", (event) => frame.contains(event.relatedTarget) || this.close());
    frame.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.target === input || this.past.hidden) return;
      this.close();
      input.focus();
      this.past.hidden = true;
    });
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus
    list.addEventListener("click", (event) => {
      const at = this.#options.indexOf(event.target.closest("[role=option]"));
      if (at >= 0) this.#take(at);
    });
    window.visualViewport?.addEventListener("resize", () => this.#fit());
    window.addEventListener("pageshow", (event) => event.persisted && this.close());
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    const text = this.input.value;
    if (text !== this.#text) this.#activate(-1); // whoever types on is back in the box; the end of a composition types nothing
    this.#text = text;
    if (!text.trim()) {
      this.close();
      this.#showPast();
      return;
    }
    this.past.hidden = true;
    this.#timer = setTimeout(() => this.#ask(text), PAUSE);
  }

  async #ask(text) {
    const number = (this.#number += 1);
    this.#asked = new AbortController();
    try {
      const answer = await fetch(`${ADDRESS}?q=${encodeURIComponent(text)}`, { signal: this.#asked.signal, headers: { Accept: "application/json" } });
      const told = answer.ok ? await answer.json() : { sought: [], suggestions: [] };
      if (number === this.#number && document.activeElement === this.input) this.#show(told);
    } catch {
      // withdrawn, or no network: searching itself says what is wrong
    }
  }

  #show({ sought, suggestions }) {
    const chosen = this.#options[this.#active]?.dataset.url;
    this.#options = suggestions.map((one, at) => this.#option(one, sought, at));
    this.list.replaceChildren(...this.#options);
    this.#activate(this.#options.findIndex((one) => one.dataset.url === chosen)); // an answer that comes late takes no choice away
    this.#open(suggestions.length > 0);
    clearTimeout(this.#speaking);
    const said = suggestions.length ? this.words.count.replace("{n}", suggestions.length) : this.words.none;
    this.#speaking = setTimeout(() => (this.spoken.textContent = said), SPOKEN_AFTER);
  }

  #option({ kind, text, reading, url, count }, sought, at) {
    const where = place(text, sought);
    const sounds = !where && reading ? place(reading, sought) : undefined;
    const body = element("span", { class: "phrase" }, element("span", {}, ...marked(text, where)));
    const spoken = HIRAGANA.test(this.input.value) ? inHiragana(reading) : reading;
    if (sounds && KANJI.test(text)) body.append(element("small", {}, ...marked(spoken, sounds)));
    const about = element("small", { class: "kind" }, this.words[kind]);
    if (count > 1) about.append(" ", element("span", { class: "num" }, this.words.records.replace("{n}", count.toLocaleString())));
    const made = element("li", { role: "option", id: `${this.list.id}-${at}`, "aria-selected": "false" }, body, about);
    made.dataset.url = url;
    made.dataset.text = text;
    return made;
  }

  #open(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    if (open) this.past.hidden = true;
    this.#fit();
  }

  close() {
    clearTimeout(this.#timer);
    clearTimeout(this.#speaking);
    this.#asked?.abort();
    this.#number += 1;
    this.#activate(-1);
    this.#open(false);
    this.past.hidden = true;
    this.spoken.textContent = "";
  }

  // Down to the keyboard of a phone and no further; what is below is reached by moving the list.
  #fit() {
    const shown = [this.list, this.past].find((one) => !one.hidden);
    if (!shown) return;
    const seen = window.visualViewport;
    const below = (seen ? seen.offsetTop + seen.height : window.innerHeight) - shown.getBoundingClientRect().top;
    shown.style.maxHeight = `${Math.max(LOWEST, below - 8)}px`;
  }

  #activate(at) {
    this.#options[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = at;
    const now = this.#options[at];
    if (!now) return this.input.removeAttribute("aria-activedescendant");
    now.setAttribute("aria-selected", "true");
    now.scrollIntoView({ block: "nearest" });
    return this.input.setAttribute("aria-activedescendant", now.id);
  }

  #take(at) {
    const { url, text } = this.#options[at].dataset;
    if (this.keepsRecent) remember(text);
    this.close();
    location.assign(this.#within(url));
  }

  // A search goes on within what was chosen beside the box: a place, only what can be borrowed now.
  #within(path) {
    const address = new URL(path, location.href);
    if (address.pathname === new URL(this.input.form.action).pathname) {
      for (const [name, value] of new FormData(this.input.form)) if (name !== this.input.name && value) address.searchParams.append(name, value);
    }
    return address.href;
  }

  #pressed(event) {
    if (event.isComposing || event.keyCode === 229) return; // the keys are the input method's
    const open = !this.list.hidden;
    const last = this.#options.length - 1;
    const to = {
      ArrowDown: () => this.#down(open, last),
      ArrowUp: () => open && this.#activate(this.#active < 0 ? last : this.#active - 1),
      Home: () => open && this.#active >= 0 && this.#activate(0),
      End: () => open && this.#active >= 0 && this.#activate(last),
      Enter: () => open && this.#active >= 0 && this.#take(this.#active),
      Escape: () => this.#escape(open),
    }[event.key];
    if (to && to() !== false) event.preventDefault();
    if (event.key === "Tab" && open) this.close();
  }

  #down(open, last) {
    if (open) return this.#activate(this.#active === last ? -1 : this.#active + 1);
    if (!this.past.hidden) return this.past.querySelector("a")?.focus();
    return this.input.value.trim() ? this.#typed() : this.#showPast();
  }

  #escape(open) {
    if (open || !this.past.hidden) return this.close();
    if (!this.input.value) return false;
    this.input.value = "";
    return this.#typed();
  }

  #showPast() {
    if (!this.keepsRecent || this.input.value.trim() || isOff()) return;
    const words = recent();
    if (!words.length) return;
    this.past.replaceChildren(element("p", { "aria-hidden": "true" }, this.words.recent), this.#pastList(words), this.#pastTools());
    this.past.hidden = false;
    this.#fit();
  }

  #pastList(words) {
    return element("ul", {}, ...words.map((one) => this.#pastRow(one)));
  }

  #pastRow(text) {
    const address = new URL(this.input.form.action);
    address.searchParams.set("q", text);
    const link = element("a", { href: address.href }, text);
    link.addEventListener("click", () => remember(text));
    const away = element("button", { type: "button", "aria-label": this.words.forget.replace("{words}", text) }, "×");
    const row = element("li", {}, link, away);
    away.addEventListener("click", () => {
      const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("button") ?? this.input;
      forget(text);
      this.spoken.textContent = this.words.gone;
      next.focus(); // before the row goes, or the focus would be nowhere
      row.remove();
      if (next === this.input) this.past.hidden = true;
    });
    return row;
  }

  #pastTools() {
    const done = (act) => () => {
      act();
      this.input.focus();
      this.past.hidden = true;
      this.spoken.textContent = this.words.gone;
    };
    const all = element("button", { type: "button", class: "link" }, this.words.forgetAll);
    const off = element("button", { type: "button", class: "link" }, this.words.off);
    all.addEventListener("click", done(forgetAll));
    off.addEventListener("click", done(() => turn(true)));
    return element("div", { class: "row" }, all, off);
  }
}

export function readyBox(input) {
  if (ready.has(input)) return;
  ready.add(input);
  const box = new Box(input);
  if (document.activeElement === input) input.dispatchEvent(new Event(input.value.trim() ? "input" : "focus"));
  return box;
}
