/**
 * The page as something installed: its files are kept by a service worker, and a new version comes
 * when somebody wants it, or when nobody has a page open any more.
 */
import { signal } from "@preact/signals";

import { TAKE_OVER } from "../../shared/news";

const LOOK_EVERY_MS = 60 * 60_000;

/** The new version that waits, if there is one. */
const waiting = signal<ServiceWorker | null>(null);

let registered: ServiceWorkerRegistration | null = null;
/** Whether somebody at this page wants the new version. */
let isWanted = false;

export const isNewVersionHere = (): boolean => waiting.value !== null;

/** Take the new version. What was begun is kept, and sent by the page that comes. */
export function takeNewVersion(): void {
  // Another page may have taken it already: then this one only has to come anew.
  if (waiting.value?.state === "installed") waiting.value.postMessage(TAKE_OVER);
  else window.location.reload();
  isWanted = true;
}

/** The worker of this page, also where the browser keeps it from serving the page's files. */
export const activeWorker = (): ServiceWorker | null => registered?.active ?? null;

/** Where a browser has no workers (a page that is no secure context), or forbids them, none comes. */
export async function install(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register("/worker.js");
    follow(registration);
  } catch {
    // Then the page needs the server to open, as pages do.
  }
}

function follow(registration: ServiceWorkerRegistration): void {
  registered = registration;
  let isReplaced = false;
  let isServed = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    // Another page took the new version: the files of this one's are gone with the old one.
    isReplaced = isServed;
    isServed = true;
    const isSeen = document.visibilityState === "visible";
    if (isWanted || (isReplaced && !isSeen)) window.location.reload();
    look();
  });
  const look = (): void => {
    // Without one that serves this page there is nothing that a new one would replace.
    if (navigator.serviceWorker.controller === null) return;
    waiting.value = registration.waiting ?? (isReplaced ? registration.active : null);
  };
  look();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", look);
  });
  setInterval(() => {
    registration.update().catch(() => undefined);
  }, LOOK_EVERY_MS);
}
