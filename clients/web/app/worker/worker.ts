/**
 * The service worker: it keeps the page's own files, so that the page opens without a network, and
 * with what the page itself has stored.
 *
 * Nothing that people write passes through here: everything but those files goes to the server. Each
 * version of the page has a worker and a cache of its own. A new one waits until nobody uses the one
 * before, or until somebody wants it: so no page ever mixes files of two versions.
 */
import { TAKE_OVER } from "../shared/news";
import type { Notice, Pushed } from "../shared/news";
import { onChosen, onNotice, onPush } from "./notices";
import type { Shell } from "./shell";

declare const self: ServiceWorkerGlobalScope;

/** Written by the build. */
declare const SHELL: Shell;

const PREFIX = "parley/";
const CACHE = PREFIX + SHELL.version;
const PAGE = "/";

self.addEventListener("install", (event) => {
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  const isOurs = mode === "navigate" ? pathname === PAGE : SHELL.files.includes(pathname);
  if (isOurs) event.respondWith(fileAt(pathname, event.request));
});

self.addEventListener("message", (event) => {
  const said = event.data as typeof TAKE_OVER | Notice | { type: "of a later version" };
  if (said === TAKE_OVER) void self.skipWaiting();
  // What a later page says that this version does not know is none of its business.
  else if (said.type === "notice") event.waitUntil(onNotice(said, event.source as Client | null));
});

self.addEventListener("push", (event) => {
  const pushed = event.data?.json() as Pushed | undefined;
  if (pushed !== undefined) event.waitUntil(onPush(pushed));
});

self.addEventListener("notificationclick", (event) => {
  event.waitUntil(onChosen(event.notification));
});

/** Past the browser's own cache: it may hold files of another version under the same names. */
async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.files.map((path) => new Request(path, { cache: "reload" })));
}

async function forgetOthers(): Promise<void> {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

async function fileAt(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}
