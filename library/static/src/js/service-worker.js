// Keeps the library card of whoever is signed in here for places without a network. It keeps nothing else and stands in nobody's way.
import { CACHE, PAGE, endOf, forgetCard, keptCard } from "./parts/kept.js";

const PATIENCE_MS = 3000;
const SIGNING = /^\/sign-(in|out)\b/; // also the first sign-in with a code from the desk
const FILES = /"(\/static\/[^"]+)"/g;

let turn = 0; // rises with every sign-in and sign-out: what was asked for before it must not be kept after it

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(asked(PAGE, event).catch(() => undefined));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method === "POST" && SIGNING.test(pathname)) {
    turn += 1;
    event.waitUntil(forgetCard());
  } else if (request.method === "GET" && request.mode === "navigate" && pathname === PAGE) {
    event.respondWith(card(event));
  } else if (request.method === "GET" && pathname.startsWith("/static/")) {
    event.respondWith(file(request));
  }
});

// Network first; the kept page when there is none, when it hesitates, or when the service is down.
async function card(event) {
  const answer = asked(event.request, event);
  if (!(await keptCard())) return answer;
  const first = await Promise.race([answer.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  if (first && first.status < 500) return first;
  return (await keptCard()) ?? answer;
}

async function asked(request, event) {
  const before = turn;
  const answer = await fetch(request);
  event.waitUntil(remember(answer.clone(), before));
  return answer;
}

// An answer that may not be kept (sent to sign in, no card any more) ends what was kept; a service that is down or busy ends nothing.
async function remember(answer, before) {
  if (answer.status >= 500 || answer.status === 429) return;
  if (!answer.ok || endOf(answer) <= Date.now()) return void (await forgetCard());
  const page = await answer.text();
  const files = [...page.matchAll(FILES)].map(([, path]) => path);
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name); // of the answer as it travelled
  const cache = await caches.open(CACHE);
  const present = (await cache.keys()).map(({ url }) => new URL(url).pathname);
  await cache.addAll(files.filter((path) => !present.includes(path)));
  if (before === turn) await cache.put(PAGE, new Response(page.replace('data-kept="no"', 'data-kept="yes"'), { headers }));
  if (before !== turn) return void (await forgetCard());
  await Promise.all(present.filter((path) => path !== PAGE && !files.includes(path)).map((path) => cache.delete(path)));
  for (const client of await self.clients.matchAll()) client.postMessage("kept");
}

// Names of files carry a hash of their content: a kept one is never out of date.
async function file(request) {
  return ((await caches.has(CACHE)) && (await (await caches.open(CACHE)).match(request))) || fetch(request);
}
