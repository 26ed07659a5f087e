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
  const request = new XMLHttpRequest();
  box.hidden = false;
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  request.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => {
    if (!lengthComputable) return;
    bar.value = (100 * loaded) / total;
    percent.textContent = `${Math.round(bar.value)}%`;
  });
  request.addEventListener("load", () => arrive(request));
  request.addEventListener("error", () => {
    box.hidden = true;
    button.disabled = false;
    button.removeAttribute("aria-busy");
    document.dispatchEvent(new CustomEvent("htmx:sendError"));
  });
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.send(new FormData(form, event.submitter));
}

// A redirect was followed already: go to where it ended. Anything else is a page of its own, the form with its errors.
function arrive(request) {
  const moved = request.responseURL !== "" && request.status < 400;
  if (moved) return location.assign(request.responseURL);
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  document.title = page.title;
  document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
  document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: document.querySelector("main") } }));
  return window.htmx?.process(document.querySelector("main"));
}
