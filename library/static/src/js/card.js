// The card's page: keeps the screen on and itself on this device.
import { keptCard } from "./parts/kept.js";
import { stayAwake } from "./parts/awake.js";

async function sayWhetherKept() {
  if (await keptCard()) for (const note of document.querySelectorAll("[data-kept-here]")) note.hidden = false;
}

async function keep() {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  workers.addEventListener("message", sayWhetherKept);
  const passedThroughWorker = workers.controller !== null;
  await workers.register("/service-worker.js");
  const { active } = await workers.ready;
  if (passedThroughWorker) await sayWhetherKept();
  else active.postMessage("keep");
}

stayAwake();
keep();
