/**
 * Telling somebody of messages while they look at no page: one notification a room, which the next one
 * replaces.
 */
import { say } from "../shared/words/words";
import type { Notice, Open, Pushed, Ring } from "../shared/news";
import { readWishes } from "../shared/wishes";
import type { Wishes } from "../shared/wishes";
import { waitingIn } from "./waiting";
import type { Waiting } from "./waiting";

declare const self: ServiceWorkerGlobalScope;

const ICON = "/icon-192.png";

/** Of a text that is only announced, in UTF-16 units. */
const PREVIEW_CHARS = 120;

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
  if (wishes === null) return;
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

/** The title and the text of a notification; null: nobody and nothing is named. */
export function wordsFor(language: Wishes["language"], waiting: Waiting | null): [string, string] {
  if (waiting === null) return [say(language, "app.title"), say(language, "notice.private")];
  const { room, isGroup, author, content, unread } = waiting;
  const preview = content.slice(0, PREVIEW_CHARS);
  const lines = [
    isGroup ? say(language, "notice.from", { name: author, content: preview }) : preview,
  ];
  if (unread > 1) lines.push(say(language, "notice.new", { count: unread }));
  return [room, lines.join("\n")];
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

async function pagesOfOurs(): Promise<readonly WindowClient[]> {
  return self.clients.matchAll({ type: "window", includeUncontrolled: true });
}
