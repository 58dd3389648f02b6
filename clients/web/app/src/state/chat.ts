/**
 * What the page shows of the chat, as signals.
 *
 * The client says *that* something changed; here it is read once per animation frame at most, so a
 * burst of a thousand messages draws a few times, not a thousand.
 */
import { ApiError } from "@parley/sdk";
import type { ChatClient, ConnectionState, Room } from "@parley/sdk";
import { computed, signal } from "@preact/signals";

import { client, nameOf, setClient } from "./client";
import { attachCompany, detachCompany } from "./company";
import { closePanel } from "./panel";
import { forgetQuotes } from "./quotes";
import { summarize } from "./summaries";
import type { Summary } from "./summaries";
import { timelineOf } from "./timeline";
import type { Entry } from "./timeline";
import { t } from "./language";
import { wordsOf } from "./server";

export const connection = signal<ConnectionState>({ name: "stopped" });
export const rooms = signal<readonly Summary[]>([]);
/** False until the server has told for the first time: an empty list means nothing before. */
export const isLoaded = signal(false);
export const openRoom = signal<string | null>(null);
export const timeline = signal<readonly Entry[]>([]);
/** Whether scrolling up would bring more. */
export const hasOlder = signal(false);
/** Whether newer messages than the timeline shows exist and are on their way. */
export const isCatchingUp = signal(false);
/**
 * The read mark when the room was opened, or when somebody looked at it last before more came: new
 * messages are announced below it.
 */
export const unreadFrom = signal<number | null>(null);
/** Somebody has scrolled up: what comes now is seen when they are at the end again. */
export const isReadingBack = signal(false);
export const historyError = signal("");
/** Whether the room that the address names was here, and one is not in it any more. */
export const hasLeft = signal(false);
/** The longest message, in code points. */
export const contentChars = signal(Infinity);
/** Whether the way to a message is being loaded. */
export const isSeeking = signal(false);
/** The seq of a message that is to be shown now: whoever draws the timeline takes it up. */
export const sought = signal<number | null>(null);

export const unreadTotal = computed(() => rooms.value.reduce((sum, room) => sum + room.unread, 0));
export const openSummary = computed(() => rooms.value.find((room) => room.id === openRoom.value));

/** How far back one may go at once, in messages. */
const FURTHEST_SOUGHT = 5_000;

let redraw = 0;

export function attach(next: ChatClient): void {
  detach();
  setClient(next);
  next.on("connection", (state) => {
    connection.value = state;
  });
  next.on("synced", () => void catchUp());
  next.on("rooms", scheduleRedraw);
  next.on("room", scheduleRedraw);
  next.on("people", scheduleRedraw);
  attachCompany(next);
  next.start();
}

export function detach(): void {
  client()?.close();
  setClient(null);
  detachCompany();
  forgetQuotes();
  closePanel();
  rooms.value = [];
  timeline.value = [];
  isLoaded.value = false;
  openRoom.value = null;
}

/** Show a room, or none. Its newest page is loaded if it is not there yet. */
export function showRoom(id: string | null): void {
  if (openRoom.value === id) return;
  openRoom.value = id;
  isReadingBack.value = false;
  historyError.value = "";
  hasLeft.value = false;
  closePanel();
  rememberUnread();
  drawNow();
  watchOpenRoom();
  void loadNewest();
}

/** An animation frame asked for by a tab that is hidden now comes when it is seen again. */
export function drawWhatWaits(): void {
  if (redraw !== 0) drawNow();
}

/** What the server tells first shows what was unread until then: nothing counts as read before. */
function watchOpenRoom(): void {
  client()?.watch(isLoaded.value && !isReadingBack.value ? openRoom.value : null);
}

export function readBack(isBack: boolean): void {
  if (isReadingBack.value === isBack) return;
  isReadingBack.value = isBack;
  watchOpenRoom();
}

export async function loadOlder(): Promise<void> {
  const id = openRoom.value;
  if (id !== null) await guarded(() => client()?.loadOlder(id));
}

/** Go to a message of the open room, and load what lies between where that is not too much. */
export async function seek(seq: number): Promise<void> {
  const id = openRoom.value;
  if (id === null) return;
  isSeeking.value = true;
  await guarded(() => client()?.loadNewest(id, seq, FURTHEST_SOUGHT));
  isSeeking.value = false;
  drawNow();
  if (client()?.room(id)?.log.at(seq) === undefined && historyError.value === "")
    historyError.value = t("conversation.too_far");
  sought.value = seq;
}

/** Send a message to the open room, or an answer to the one with seq `replyTo`. */
export function send(content: string, replyTo: number | null): void {
  if (openRoom.value === null) return;
  unreadFrom.value = null;
  client()?.send(openRoom.value, content, replyTo);
}

export const retry = (clientId: string): void => client()?.retry(clientId);
export const discard = (clientId: string): void => client()?.discard(clientId);
export const tryNow = (): void => client()?.connection.wake();

/** Raises `ApiError`. */
export async function findPeople(search: string): ReturnType<ChatClient["searchUsers"]> {
  return (await client()?.searchUsers(search)) ?? [];
}

/** The id of the room with this person. Raises `ApiError`. */
export async function startDirect(user: string): Promise<string | null> {
  const room = await client()?.openDirect(user);
  drawNow();
  return room?.id ?? null;
}

function rememberUnread(): void {
  const room = openRoom.value === null ? undefined : client()?.room(openRoom.value);
  unreadFrom.value = room !== undefined && room.unread > 0 ? room.readSeq : null;
}

async function catchUp(): Promise<void> {
  if (!isLoaded.value) rememberUnread();
  isLoaded.value = true;
  contentChars.value = client()?.contentChars ?? Infinity;
  drawNow();
  watchOpenRoom();
  await loadNewest();
}

async function loadNewest(): Promise<void> {
  const id = openRoom.value;
  const from = unreadFrom.value === null ? undefined : unreadFrom.value + 1;
  if (id !== null) await guarded(() => client()?.loadNewest(id, from));
}

async function guarded(load: () => Promise<void> | undefined): Promise<void> {
  try {
    await load();
    historyError.value = "";
  } catch (error) {
    historyError.value = error instanceof ApiError ? wordsOf(error) : t("conversation.not_loaded");
  }
}

function scheduleRedraw(): void {
  if (redraw !== 0) return;
  // A hidden tab gets no animation frames, but its title counts unread messages.
  if (document.visibilityState === "visible") redraw = requestAnimationFrame(drawNow);
  else redraw = window.setTimeout(drawNow, 250);
}

function drawNow(): void {
  redraw = 0;
  const now = client();
  if (now === null) return;
  const all = now.rooms;
  const room = all.find((one) => one.id === openRoom.value);
  if (room !== undefined) hasLeft.value = false;
  else if (openSummary.peek() !== undefined) leaveOpenRoom();
  if (room !== undefined && room.unread > 0 && !now.isWatching(room.id))
    unreadFrom.value = room.readSeq;
  rooms.value = all.map((one) => summaryOf(now, one));
  isCatchingUp.value = room?.isMissingSomething ?? false;
  timeline.value = timelineOf(room, now.drafts(openRoom.value ?? ""), now.me.id, nameOf);
  hasOlder.value = room?.log.hasOlder ?? false;
}

/** A room that somebody looks at has no badge, not even while a message before others is missing. */
function summaryOf(now: ChatClient, room: Room): Summary {
  const summary = summarize(room, now.drafts(room.id), now.me.id, nameOf);
  return now.isWatching(room.id) ? { ...summary, unread: 0 } : summary;
}

/** Who is added again begins anew: nothing that was said of the former stay holds then. */
function leaveOpenRoom(): void {
  hasLeft.value = true;
  unreadFrom.value = null;
  historyError.value = "";
  closePanel();
}
