/**
 * What the page shows of the chat, as signals.
 *
 * The client says *that* something changed; here it is read once per animation frame at most, so a
 * burst of a thousand messages draws a few times, not a thousand.
 */
import { ApiError } from "@parley/sdk";
import type { ChatClient, ConnectionState, Message, Room } from "@parley/sdk";
import { Past } from "@parley/sdk/past";
import { computed, signal } from "@preact/signals";

import { client, nameOf, setClient } from "./client";
import { attachCompany, detachCompany } from "./company";
import { closePanel } from "./panel";
import { askForQuotesAgain, forgetQuotes } from "./quotes";
import { summarize } from "./summaries";
import type { Summary } from "./summaries";
import { timelineOf } from "./timeline";
import type { Entry } from "./timeline";
import { t } from "./language";
import { api, wordsOf } from "./server";

export const connection = signal<ConnectionState>({ name: "stopped" });
export const rooms = signal<readonly Summary[]>([]);
/** False until the server has told for the first time: an empty list means nothing before. */
export const isLoaded = signal(false);
export const openRoom = signal<string | null>(null);
export const timeline = signal<readonly Entry[]>([]);
/** Whether scrolling up would bring more. */
export const hasOlder = signal(false);
/** What is shown instead of the newest messages, where somebody went far back. */
export const past = signal<Past | null>(null);
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
/** Grows whenever somebody sends something here: what they sent is what they want to see. */
export const sendings = signal(0);
/** The seq of a message that is to be shown now: whoever draws the timeline takes it up. */
export const sought = signal<number | null>(null);

export const unreadTotal = computed(() => rooms.value.reduce((sum, room) => sum + room.unread, 0));
export const openSummary = computed(() => rooms.value.find((room) => room.id === openRoom.value));

/** Of a room with more messages than the first so many the newest are held, on a page open for days. */
const MOST_HELD = 1_000;
const HELD = 500;

let redraw = 0;
/** The last way back that somebody asked for: what an earlier one finds is not wanted any more. */
let journey = 0;
/** What did not load, to be tried again. */
let failed: () => Promise<void> = loadOlder;

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
  past.value = null;
}

/** Show a room, or none. Its newest page is loaded if it is not there yet. */
export function showRoom(id: string | null): void {
  if (openRoom.value === id) return;
  openRoom.value = id;
  past.value = null;
  sought.value = null;
  isSeeking.value = false;
  journey += 1;
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
  const [id, back] = [openRoom.value, past.value];
  if (id === null) return;
  const load = (): Promise<void> | undefined =>
    back === null ? client()?.loadOlder(id) : back.loadOlder();
  await guarded(load, loadOlder);
  if (back !== null) drawNow();
}

/** Load what did not load. */
export const loadAgain = (): Promise<void> => failed();

/** Load the page below what is shown, where somebody went far back. */
export async function loadNewer(): Promise<void> {
  const back = past.value;
  if (back === null) return;
  await guarded(() => back.loadNewer(), loadNewer);
  if (past.value === back) turnTo(back);
}

/** Go to a message of the open room. What lies between is loaded where it is not much. */
export async function seek(seq: number): Promise<void> {
  const find = async (now: ChatClient, room: Room): Promise<Found> => {
    if (past.value?.at(seq) !== undefined) return { seq, back: past.value };
    await now.loadNewest(room.id, seq);
    const isHeld = room.log.at(seq) !== undefined;
    return { seq, back: isHeld ? null : await Past.around(api, room.id, seq) };
  };
  await goBack(find, () => seek(seq));
}

/** Go to the first message that was written at this time or later; to the end where there is none. */
export async function goToDate(at: Date): Promise<void> {
  const find = async (_: ChatClient, room: Room): Promise<Found> => {
    const back = await Past.since(api, room.id, at);
    const isThen = ({ created_at }: Message): boolean => Date.parse(created_at) >= at.getTime();
    return { seq: back?.messages.find(isThen)?.seq ?? room.log.cursor, back };
  };
  await goBack(find, () => goToDate(at));
}

/** Show the newest messages again. */
export function leavePast(): void {
  if (past.value === null) return;
  past.value = null;
  drawNow();
}

/** What somebody wants to see, and where that is not held, what there is around it. */
interface Found {
  seq: number;
  back: Past | null;
}

/** Where what is shown meets what is held, it becomes part of that. */
function turnTo(back: Past): void {
  const held = client()?.room(back.room);
  const hasMet = held !== undefined && back.highest >= held.log.lowest - 1;
  if (hasMet) client()?.history.take(held, back.messages, back.hasOlder);
  past.value = hasMet ? null : back;
  drawNow();
}

/** Go where `find` leads. Of several ways that somebody asks for the last one counts. */
async function goBack(
  find: (now: ChatClient, room: Room) => Promise<Found>,
  again: () => Promise<void>,
): Promise<void> {
  const now = client();
  const room = now?.room(openRoom.value ?? "");
  if (now === null || room === undefined) return;
  journey += 1;
  const mine = journey;
  isSeeking.value = true;
  await guarded(async () => {
    const { seq, back } = await find(now, room);
    if (mine !== journey) return;
    // What is there is not let go of now, however much it becomes.
    readBack(true);
    if (back !== null) turnTo(back);
    else past.value = null;
    drawNow();
    sought.value = seq;
  }, again);
  if (mine === journey) isSeeking.value = false;
}

/** Send a message to the open room, or an answer to the one with seq `replyTo`. */
export function send(content: string, replyTo: number | null): void {
  if (openRoom.value === null) return;
  unreadFrom.value = null;
  leavePast();
  client()?.send(openRoom.value, content, replyTo);
  sendings.value += 1;
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
  askForQuotesAgain();
  await loadNewest();
}

async function loadNewest(): Promise<void> {
  const id = openRoom.value;
  const from = unreadFrom.value === null ? undefined : unreadFrom.value + 1;
  if (id !== null) await guarded(() => client()?.loadNewest(id, from), loadNewest);
}

/** @param again what to do when somebody wants it tried again. */
async function guarded(
  load: () => Promise<void> | undefined,
  again: () => Promise<void>,
): Promise<void> {
  const room = openRoom.value;
  let words = "";
  try {
    await load();
  } catch (error) {
    words = error instanceof ApiError ? wordsOf(error) : t("conversation.not_loaded");
  }
  // In another room nothing went wrong.
  if (openRoom.value !== room) return;
  historyError.value = words;
  if (words !== "") failed = again;
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
  all.forEach(trim);
  rooms.value = all.map((one) => summaryOf(now, one));
  isCatchingUp.value = room?.isMissingSomething ?? false;
  const back = past.value;
  const drafts = back === null ? now.drafts(openRoom.value ?? "") : [];
  timeline.value = timelineOf(room, drafts, now.me.id, nameOf, back?.messages);
  hasOlder.value = (back ?? room?.log)?.hasOlder ?? false;
}

/** Where somebody reads further up, what they see stays. */
function trim({ id, log }: Room): void {
  const isRead = id === openRoom.value && isReadingBack.value;
  if (log.size > MOST_HELD && !isRead) log.trim(HELD);
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
  past.value = null;
  historyError.value = "";
  closePanel();
}
