// Everything by keyboard: keys named on the page press what carries their name, the nearest to the answer first; letters go to the field.
const PLACES = ["#answer", "#reader", "#desk"];
const NAMED = new Set(["F1", "F2", "F4", "F6", "F8", "F9", "Escape"]);
const ALONE_MS = 250; // a scanner's next key comes within this, a person's choice stands alone

const isShown = (element) => element.getClientRects().length > 0;

function named(key) {
  for (const place of PLACES) {
    const found = [...document.querySelectorAll(`${place} [data-key="${key}"]`)].find(isShown);
    if (found) return found;
  }
  return undefined;
}

export function press(key) {
  const found = named(key);
  found?.click();
  return found !== undefined;
}

const isTyping = (element) => element.matches("input:not([type=checkbox]), textarea, select");

export function readyKeys(field) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (NAMED.has(event.key)) {
      if (document.querySelector("details[data-menu][open]")) return; // Escape closes the header's menu first
      if (event.key === "Escape" && field.value !== "") {
        field.value = "";
        return;
      }
      if (press(event.key) || event.key !== "Escape") event.preventDefault();
    } else if (event.key.length === 1 && !isTyping(event.target) && !(event.key === " " && event.target.matches("a, button, summary, input"))) {
      field.focus(); // the letter itself lands there
    }
  });
  let timer;
  field.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (event.isComposing) return;
    const typed = field.value.normalize("NFKC").toUpperCase();
    if (!/^[1-9N]$/.test(typed) || !named(typed)) return;
    timer = setTimeout(() => {
      if (field.value.normalize("NFKC").toUpperCase() !== typed) return;
      field.value = "";
      press(typed);
    }, ALONE_MS);
  });
}

// The field takes what is scanned, wherever the mouse went.
export function keepFocus(field) {
  const back = () => {
    if (!document.activeElement || !isTyping(document.activeElement)) field.focus({ preventScroll: true });
  };
  document.addEventListener("pointerup", (event) => {
    if (!event.target.closest("a, button, summary, input, label, select")) setTimeout(back);
  });
  window.addEventListener("focus", back);
  back();
}
