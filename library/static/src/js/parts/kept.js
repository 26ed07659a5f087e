// The one thing kept on a device: the card's page of the account that is signed in, with the files it needs, until its sign-in ends.
export const CACHE = "card";
export const PAGE = "/card";

const UNTIL = "X-Keep-Until";
const FOR = "X-Kept-For";

export const endOf = (answer) => Number(answer.headers.get(UNTIL) ?? 0);

// `caches` is missing where the address is not https.
export const forgetCard = async () => "caches" in globalThis && caches.delete(CACHE);

export async function keptCard() {
  if (!("caches" in globalThis) || !(await caches.has(CACHE))) return undefined;
  const kept = await (await caches.open(CACHE)).match(PAGE);
  if (!kept || endOf(kept) > Date.now()) return kept;
  await forgetCard();
  return undefined;
}

// Sign-out and sign-in are seen by the worker too; a page drawn for a stranger or for somebody else is the proof when it saw nothing.
export async function forgetCardsOfOthers() {
  for (const form of document.querySelectorAll('form[action^="/sign-"]')) form.addEventListener("submit", forgetCard);
  const reader = document.body.dataset.reader;
  if (reader === undefined) return; // a page about an error does not know who reads it
  const kept = await keptCard();
  if (kept && kept.headers.get(FOR) !== reader) await forgetCard();
}
