// The desk's forms for patrons: a scanner's Enter goes on to the next field, and slips are printed.
for (const field of document.querySelectorAll("[data-enter='next']")) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    const fields = [...field.form.elements].filter((one) => one.type !== "hidden" && !one.disabled);
    fields[fields.indexOf(field) + 1]?.focus();
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
