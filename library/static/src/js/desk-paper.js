// Lists and slips go to the printer: slips as soon as they are open, lists when asked to.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
if (document.body.matches("[data-print-now]")) window.addEventListener("load", () => window.print());
