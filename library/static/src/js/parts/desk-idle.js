// A station left alone falls back, so that a book on the desk is never lent to whoever was there before.
const WARNED_S = 10;

export function watchIdle(desk, { isIdling, fallBack }) {
  const shown = desk.querySelector("[data-countdown]");
  let last = performance.now();
  const touch = () => {
    last = performance.now();
  };
  for (const kind of ["keydown", "pointerdown", "input"]) document.addEventListener(kind, touch, true);
  setInterval(() => {
    if (!isIdling()) touch();
    const left = Number(desk.dataset.idle) - (performance.now() - last) / 1000;
    if (left <= 0) {
      touch();
      fallBack();
    }
    shown.hidden = !isIdling() || left > WARNED_S || left <= 0;
    if (!shown.hidden) shown.textContent = `${desk.dataset.idleSoon} ${Math.ceil(left)}${desk.dataset.second}`;
  }, 250);
  return touch;
}
