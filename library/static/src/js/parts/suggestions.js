// The search box that suggests: its script comes when somebody goes into a box, and is no part of the first view.
const load = async (box) => {
  if (!box.matches?.("input[data-suggest]")) return;
  try {
    (await import(box.dataset.suggest)).readyBox(box);
  } catch {
    // no network: the form searches without it
  }
};

export function readySuggestions() {
  document.addEventListener("focusin", (event) => load(event.target));
  load(document.activeElement);
}
