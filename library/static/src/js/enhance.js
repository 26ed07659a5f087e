// Makes pages that already work a little quicker to use. Nothing here is needed to read, search or borrow.
import { readyAsk } from "./parts/ask.js";
import { followRequests } from "./parts/requests.js";
import { forgetCardsOfOthers } from "./parts/kept.js";
import { readyCopies } from "./parts/copy.js";
import { readyMenus } from "./parts/menu.js";
import { forgetRecentOfOthers, readyRecentSwitch } from "./parts/recent.js";
import { readySheets } from "./parts/sheet.js";
import { readySuggestions } from "./parts/suggestions.js";
import { readyUploads } from "./parts/upload.js";

function ready(root) {
  readyCopies(root);
  readyRecentSwitch(root);
  readySheets(root);
  readyUploads(root);
  root.querySelector("[data-focus]")?.focus();
}

readyMenus();
forgetCardsOfOthers();
forgetRecentOfOthers();
readySuggestions();
readyAsk();
followRequests();
ready(document);
document.addEventListener("htmx:load", (event) => event.detail.elt !== document.body && ready(event.detail.elt));
