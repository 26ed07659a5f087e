// Starts the documentation viewer on its page. Its "try it out" stays off: a stray press must not lend a book.
const place = document.querySelector("#api-docs");

window.SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: true,
  supportedSubmitMethods: [],
  validatorUrl: null,
  docExpansion: "list",
});
