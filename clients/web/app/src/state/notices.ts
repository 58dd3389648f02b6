/**
 * Telling somebody that a message came: aloud to a screen reader, by a tone, and by a notification
 * while they look elsewhere.
 *
 * Every page of a browser hears of every message; the one that holds the connection tells, and the
 * service worker, which knows all pages, sees to it that it is told once.
 */
import type { ChatClient, Message } from "@parley/sdk";
import { effect, signal } from "@preact/signals";

import type { Notice, Open, Ring } from "../../shared/news";
import { wordsFor } from "../../shared/notice-words";
import { SAID_THERE, writeWishes } from "../../shared/wishes";
import type { Wishes } from "../../shared/wishes";
import { announce } from "./announcer";
import { rooms, unreadTotal } from "./chat";
import { client, nameOf } from "./client";
import { activeWorker } from "./installed";
import { followKept, keep, kept } from "./kept";
import { language, t } from "./language";
import { goTo } from "./location";
import { sound } from "./tone";

const YES = "yes";
const NO = "no";

/** Whether this device is to show notifications. That the browser lets it is another thing. */
export const isNotified = signal(kept("notify") === YES);
/** Whether they name nobody and nothing. */
export const isPrivate = signal(kept("private") === YES);
export const isHeard = signal(kept("sound") !== NO);

export function attachNotices(next: ChatClient): void {
  next.on("message", (message) => {
    tell(next, message);
  });
}

export function followNotices(): void {
  followKept("notify", (value) => (isNotified.value = value === YES));
  followKept("private", (value) => (isPrivate.value = value === YES));
  followKept("sound", (value) => (isHeard.value = value !== NO));
  effect(() => {
    keep("notify", isNotified.value ? YES : NO);
    keep("private", isPrivate.value ? YES : NO);
    keep("sound", isHeard.value ? YES : NO);
    void writeWishes({
      language: spokenThere(),
      isNotified: isNotified.value,
      isPrivate: isPrivate.value,
      isHeard: isHeard.value,
    });
  });
  effect(() => {
    showOnIcon(unreadTotal.value);
  });
  let unread: readonly string[] = [];
  effect(() => {
    const now = rooms.value.filter((room) => room.unread > 0).map(({ id }) => id);
    for (const room of unread) if (!now.includes(room)) void closeNotifications(room);
    unread = now;
  });
  // There is none outside secure contexts, whatever the types say.
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  workers?.addEventListener("message", ({ data }: MessageEvent<Ring | Open>) => {
    if (data.type === "open") goTo(data.room);
    else ring(data.room);
  });
}

function spokenThere(): Wishes["language"] {
  const { tag, locale, direction, catalogue } = language.value;
  const some = Object.fromEntries(SAID_THERE.map((key) => [key, catalogue[key]]));
  return { tag, locale, direction, catalogue: some as Wishes["language"]["catalogue"] };
}

function tell(now: ChatClient, message: Message): void {
  const room = now.room(message.room);
  if (room === undefined) return;
  const name = room.state.name || t("list.unnamed");
  const author = nameOf(message.sender) ?? t("app.somebody");
  const { content } = message;
  const isInSight = now.isWatching(message.room);
  if (isInSight) announce(t("message.says", { name: author, content }));
  else announce(t("message.elsewhere", { name }));
  if (isInSight || !now.connection.isLeading) return;
  const waiting = {
    room: name,
    isGroup: room.state.kind === "group",
    author,
    content,
    unread: room.unread,
  };
  const [title, body] = wordsFor(language.value, isPrivate.value ? null : waiting);
  const notice: Notice = {
    type: "notice",
    room: message.room,
    title,
    body,
    isShown: isNotified.value,
    isHeard: isHeard.value,
  };
  const worker = workerOfPage();
  if (worker !== null) worker.postMessage(notice);
  else if (isHeard.value) ring(message.room);
}

function ring(room: string): void {
  if (client()?.isWatching(room) !== true) sound();
}

function workerOfPage(): ServiceWorker | null {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  return workers?.controller ?? activeWorker();
}

/** What somebody has read they need not be told of; without a room: of nothing any more. */
export async function closeNotifications(room?: string): Promise<void> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  const registration = await workers?.getRegistration();
  const shown = await registration?.getNotifications(room === undefined ? {} : { tag: room });
  for (const one of shown ?? []) one.close();
}

/** On the icon of the installed page, where the system has a place for a number there. */
function showOnIcon(unread: number): void {
  const icon = navigator as Partial<Pick<Navigator, "setAppBadge" | "clearAppBadge">>;
  const done = unread > 0 ? icon.setAppBadge?.(unread) : icon.clearAppBadge?.();
  done?.catch(() => undefined);
}
