// Starts the documentation viewer on its page. Its "try it out" stays off: a stray press must not lend a book.
const place = document.querySelector("#api-docs");
const root = document.documentElement;
const dark = window.matchMedia("screen and (prefers-color-scheme: dark)");

// The viewer knows its dark look by a class of the root; the reader's choice goes before the device's.
const dress = () => root.classList.toggle("dark-mode", root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);

dress();
dark.addEventListener("change", dress);

window.SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: true,
  supportedSubmitMethods: [],
  validatorUrl: null,
  docExpansion: "list",
});
