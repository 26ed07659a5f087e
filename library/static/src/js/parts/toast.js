// A short message at the foot of the page, read out politely, gone after a while or when closed.
const SHOWN_MS = 8000;

export function toast(words) {
  const place = document.querySelector("#toasts");
  const box = document.createElement("div");
  box.className = "toast";
  const text = document.createElement("span");
  text.textContent = words;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", document.body.dataset.close);
  close.addEventListener("click", () => box.remove());
  box.append(text, close);
  place.replaceChildren(box);
  // A reader who is on the message, by pointer or by keyboard, keeps it.
  const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, SHOWN_MS) : box.remove());
  setTimeout(leave, SHOWN_MS);
}
