/**
 * Telling somebody of messages while they look at no page: one notification a room, which the next one
 * replaces.
 */
import type { Notice, Open, Pushed, Ring } from "../shared/news";
import { wordsFor } from "../shared/notice-words";
import { readWishes } from "../shared/wishes";
import { waitingIn } from "./waiting";

declare const self: ServiceWorkerGlobalScope;

const ICON = "/icon-192.png";
const PAGE = "/";

/** A message came to a page. */
export async function onNotice(notice: Notice, from: Client | null): Promise<void> {
  const { room, title, body, isShown, isHeard } = notice;
  const pages = await pagesOfOurs();
  const watched = pages.find((page) => page.focused);
  if (watched !== undefined) {
    if (isHeard) ring(watched, room);
    return;
  }
  if (isShown && Notification.permission === "granted") await show(room, title, body, isHeard);
  else if (isHeard && from !== null) ring(from, room);
}

/** The server says that something waits, which no page of this browser has received. */
export async function onPush(pushed: Pushed): Promise<void> {
  const pages = await pagesOfOurs();
  // Who looks at a page sees it there as soon as it can be seen.
  if (pages.some((page) => page.visibilityState === "visible")) return;
  const wishes = await readWishes();
  if (!wishes?.isNotified) return;
  const waiting = wishes.isPrivate ? null : await waitingIn(pushed.room);
  // Another device was faster.
  if (waiting?.unread === 0) return;
  const [title, body] = wordsFor(wishes.language, waiting);
  await show(pushed.room, title, body, wishes.isHeard);
}

/** Somebody chose a notification: the page that is there shows the room, or a new one does. */
export async function onChosen(notification: Notification): Promise<void> {
  notification.close();
  const room = notification.tag;
  const [page] = await pagesOfOurs();
  if (page === undefined) {
    await self.clients.openWindow(`/#/rooms/${room}`);
    return;
  }
  const open: Open = { type: "open", room };
  page.postMessage(open);
  await page.focus();
}

async function show(room: string, title: string, body: string, isHeard: boolean): Promise<void> {
  await self.registration.showNotification(title, {
    tag: room,
    body,
    icon: ICON,
    badge: ICON,
    silent: !isHeard,
  });
}

function ring(page: Client, room: string): void {
  const message: Ring = { type: "ring", room };
  page.postMessage(message);
}

/** The admin and whatever else lives at this address shows no messages. */
async function pagesOfOurs(): Promise<readonly WindowClient[]> {
  const all = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return all.filter(({ url }) => new URL(url).pathname === PAGE);
}
