// Says in words when a partial update is slow or failed.
import { toast } from "./toast.js";

const SLOW_MS = 2000;

export function followRequests() {
  const words = document.body.dataset;
  const timers = new WeakMap();
  document.addEventListener("htmx:beforeRequest", (event) => {
    timers.set(event.detail.xhr, setTimeout(() => toast(words.slow), SLOW_MS));
  });
  document.addEventListener("htmx:afterRequest", (event) => clearTimeout(timers.get(event.detail.xhr)));
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, () => toast(words.failed));
  }
}
