// Words searched for lately: on this device only, for whoever uses it now, as many as fit below the search box.
const NAME = "recent-searches";
const MOST = 6;

// Storage is missing or refused in some private windows; then nothing is kept.
function kept() {
  try {
    return JSON.parse(localStorage.getItem(NAME)) ?? {};
  } catch {
    return {};
  }
}

function keep(what) {
  try {
    localStorage.setItem(NAME, JSON.stringify(what));
  } catch {
    // full or refused: the search itself goes on
  }
}

export const isOff = () => kept().off === true;

export function turn(off) {
  keep(off ? { off: true } : {});
}

export function recent() {
  const { words } = kept();
  return Array.isArray(words) ? words.filter((one) => typeof one === "string").slice(0, MOST) : [];
}

export function remember(text) {
  const words = text.trim().slice(0, 100);
  if (!words || isOff()) return;
  keep({ reader: document.body.dataset.reader ?? "", words: [words, ...recent().filter((one) => one !== words)].slice(0, MOST) });
}

export function forget(text) {
  keep({ ...kept(), words: recent().filter((one) => one !== text) });
}

// That nothing is to be kept here outlasts a sign-out; the words never do.
export function forgetAll() {
  keep(isOff() ? { off: true } : {});
}

// Signing out ends them; so does a page drawn for a stranger or for somebody else, when the sign-out was not seen.
export function forgetRecentOfOthers() {
  for (const form of document.querySelectorAll('form[action="/sign-out"]')) form.addEventListener("submit", forgetAll);
  const { reader } = document.body.dataset;
  const { reader: before } = kept();
  if (reader !== undefined && before && before !== reader) forgetAll();
}

// The switch on the page about privacy, which does without it where there is no script.
export function readyRecentSwitch(root) {
  for (const button of root.querySelectorAll("[data-recent-switch]")) {
    const show = () => {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(!isOff()));
    };
    button.addEventListener("click", () => {
      turn(!isOff());
      show();
    });
    show();
  }
}
