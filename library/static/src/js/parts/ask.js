// The conversation in a panel over the page; without this the button leads to its own page.
function close(label) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn quiet small";
  button.textContent = label;
  return button;
}

async function open(link) {
  let panel = document.querySelector("dialog.ask-panel");
  if (!panel) {
    const answer = await fetch(`${link.href}?panel=1`, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const body = await answer.text();
    panel = document.createElement("dialog");
    panel.className = "ask-panel";
    const title = document.createElement("h2");
    title.id = "ask-title";
    title.textContent = link.textContent.trim();
    const leave = close(document.body.dataset.close);
    leave.addEventListener("click", () => panel.close());
    const head = document.createElement("header");
    head.append(title, leave);
    const talk = document.createElement("div");
    talk.innerHTML = body;
    panel.setAttribute("aria-labelledby", title.id);
    panel.append(head, talk);
    panel.addEventListener("close", () => link.focus());
    document.body.append(panel);
    window.htmx?.process(panel);
  }
  panel.showModal();
  panel.querySelector("#chat-text")?.focus();
}

export function readyAsk() {
  const link = document.querySelector("a[data-ask]");
  if (link && window.HTMLDialogElement && window.htmx) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      open(link).catch(() => location.assign(link.href));
    });
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("#chat-form, .offer");
    if (!form || !event.detail.successful) return;
    const text = document.querySelector("#chat-text");
    // What was typed while the answer was on its way has not been asked yet: it stays, and is sent next.
    if (text && text.value === event.detail.requestConfig.parameters.text && !event.detail.requestConfig.parameters.say) text.value = "";
    if (form.matches(".offer")) form.remove();
    const told = [...document.querySelectorAll("#chat-log > .told")].at(-1);
    (told?.previousElementSibling?.matches(".said") ? told.previousElementSibling : told)?.scrollIntoView({ block: "start" });
  });
}
