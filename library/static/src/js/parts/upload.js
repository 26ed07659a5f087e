// Shows how much of a file has been sent. The form goes out as it is; only the waiting is drawn.
export function readyUploads(root) {
  for (const box of root.querySelectorAll("[data-upload-progress]")) {
    const form = box.closest("form");
    if (!form) continue;
    form.addEventListener("submit", (event) => send(event, form, box));
  }
}

function send(event, form, box) {
  event.preventDefault();
  const bar = box.querySelector("progress");
  const percent = box.querySelector("[data-upload-percent]");
  const button = form.querySelector("[type=submit]");
  const action = new URL(form.getAttribute("action") ?? "", location.href).href;
  const request = new XMLHttpRequest();
  box.hidden = false;
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  request.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => {
    if (!lengthComputable) return;
    bar.value = (100 * loaded) / total;
    percent.textContent = `${Math.round(bar.value)}%`;
  });
  request.addEventListener("load", () => arrive(request, action));
  request.addEventListener("error", () => {
    box.hidden = true;
    button.disabled = false;
    button.removeAttribute("aria-busy");
    document.dispatchEvent(new CustomEvent("htmx:sendError"));
  });
  request.open("POST", action);
  request.setRequestHeader("Accept", "text/html");
  request.send(new FormData(form, event.submitter));
}

// A redirect to another address was followed already: go there. An answer from the form's own address is drawn in place, errors and all.
function arrive(request, action) {
  if (request.status < 400 && request.responseURL !== action) return location.assign(request.responseURL);
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const main = document.adoptNode(page.querySelector("main"));
  document.title = page.title;
  document.querySelector("main").replaceWith(main);
  return window.htmx?.process(main);
}
