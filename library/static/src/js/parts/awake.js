// A screen that goes dark while somebody queues with the card in hand is asked to stay on; browsers let go of it when the page is left.
export function stayAwake() {
  if (!("wakeLock" in navigator)) return;
  const ask = () => document.visibilityState === "visible" && navigator.wakeLock.request("screen").catch(() => undefined); // refused: battery saving
  document.addEventListener("visibilitychange", ask);
  ask();
}
