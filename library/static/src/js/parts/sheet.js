// Filters: open beside the results on a wide page, a sheet from the bottom on a narrow one.
const wide = matchMedia("(min-width: 861px)");

function sheetFor(details, panel, summary) {
  const sheet = document.createElement("dialog");
  sheet.className = "sheet";
  const head = document.createElement("header");
  const title = document.createElement("b");
  title.textContent = panel.getAttribute("aria-label");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn bare";
  close.textContent = document.body.dataset.close;
  close.addEventListener("click", () => sheet.close());
  head.append(title, close);
  sheet.setAttribute("aria-label", title.textContent);
  sheet.append(head);
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  sheet.addEventListener("close", () => {
    details.append(panel);
    sheet.remove();
    summary.focus();
  });
  return sheet;
}

export function readySheets(root) {
  for (const details of root.querySelectorAll("details[data-sheet]")) {
    const panel = details.querySelector(".filter-panel");
    const summary = details.querySelector("summary");
    const suit = () => {
      details.open = wide.matches;
      details.toggleAttribute("data-open", wide.matches);
    };
    suit();
    wide.addEventListener("change", suit);
    summary.addEventListener("click", (event) => {
      if (wide.matches || !window.HTMLDialogElement) return;
      event.preventDefault();
      const sheet = sheetFor(details, panel, summary);
      sheet.append(panel);
      document.body.append(sheet);
      sheet.showModal();
    });
    panel.addEventListener("submit", () => panel.closest("dialog")?.close());
  }
}
