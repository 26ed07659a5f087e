// Copy buttons: hidden until it is known that copying works here.
import { toast } from "./toast.js";

export function readyCopies(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      toast(button.dataset.copied);
    });
  }
}
