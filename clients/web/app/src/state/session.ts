/**
 * Who is signed in on this page, and the one client that chats for them.
 *
 * `unknown` lasts until the first answer: nothing is drawn in it that a sign-in would replace.
 */
import { ApiError, ChatClient } from "@parley/sdk";
import type { User } from "@parley/sdk";
import { IndexedStore, browserEnvironment } from "@parley/sdk/browser";
import { signal } from "@preact/signals";

import { attach, detach } from "./chat";
import { client as current, learn } from "./client";
import { goTo } from "./location";
import { attachNotices, closeNotifications } from "./notices";
import { api } from "./server";
import { forgetKept, readUnfinishedOf } from "./unfinished";
import type { PlainKey } from "../../shared/words/words";

export type Phase =
  | { name: "unknown" }
  | { name: "unreachable"; reason: string }
  | { name: "signed_out"; notice: PlainKey | null }
  | { name: "signed_in"; me: User };

export const phase = signal<Phase>({ name: "unknown" });

const store = new IndexedStore();

/** The id of whoever is signed in; empty where nobody is. */
export function whoIsMe(): string {
  return phase.value.name === "signed_in" ? phase.value.me.id : "";
}

/**
 * Ask who is signed in. Called once at the start, and again by the person when nobody answered. Whoever
 * was signed in here last is shown what is kept until the server answers.
 */
export async function resume(): Promise<void> {
  phase.value = { name: "unknown" };
  try {
    enter((await api.session()).user);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const me = error.isOutage ? keptMe() : null;
    if (me !== null) {
      api.assume(me.id);
      enter(me);
      return;
    }
    if (error.status !== 401) {
      phase.value = { name: "unreachable", reason: error.message };
      return;
    }
    const before = keptMe();
    if (before !== null) void forget(before.id, true);
    phase.value = { name: "signed_out", notice: null };
  }
}

/** Raises `ApiError`, with `fields` for what was wrong with the form. */
export async function signIn(username: string, password: string): Promise<void> {
  enter((await api.login(username, password)).user);
}

/** Raises `ApiError`, with `fields` for what was wrong with the form. */
export async function signUp(username: string, password: string, name: string): Promise<void> {
  enter((await api.register(username, password, name)).user);
}

/** Somebody has changed what others see of them. */
export function becomeKnownAs(me: User): void {
  if (whoIsMe() !== me.id) return;
  phase.value = { name: "signed_in", me };
  keepMe(me);
  learn(me);
}

/** Leaves the page signed out only when the server said so: a cookie that stays would be a lie. */
export async function signOut(): Promise<void> {
  await api.logout();
  const { value } = phase;
  goTo(null);
  // All pages of this browser are told.
  current()?.connection.expire();
  leave(null);
  if (value.name !== "signed_in") return;
  forgetKept(value.me.id);
  await forget(value.me.id, false);
}

function enter(me: User): void {
  const client = new ChatClient(browserEnvironment({ store }), api, me);
  client.connection.on("state", (state) => {
    if (state.name === "signed_out" && current() === client) leave("auth.was_signed_out");
  });
  client.on("fault", (code) => {
    console.error(`Parley: the server closed the connection with ${code}, a bug of this page.`);
  });
  readUnfinishedOf(me.id);
  attach(client);
  attachNotices(client);
  keepMe(me);
  phase.value = { name: "signed_in", me };
}

/** The server ended it, or this person did: on each page of the browser. */
function leave(notice: PlainKey | null): void {
  const user = whoIsMe();
  detach();
  phase.value = { name: "signed_out", notice };
  void forget(user, true);
}

/**
 * Nobody who sits here next finds anything, also where it was ended from elsewhere. What was begun and
 * not sent waits for its writer. Where the browser forbids storing there is nothing.
 */
async function forget(user: string, keepDrafts: boolean): Promise<void> {
  keepMe(null);
  void closeNotifications();
  await store.forget(user, keepDrafts).catch(() => undefined);
}

const KEPT_ME = "parley/me";

/** Who is signed in here, for a start without a server. */
function keepMe(me: User | null): void {
  try {
    if (me === null) localStorage.removeItem(KEPT_ME);
    else localStorage.setItem(KEPT_ME, JSON.stringify(me));
  } catch {
    // Full or forbidden: such a start shows that nobody answered.
  }
}

function keptMe(): User | null {
  try {
    return JSON.parse(localStorage.getItem(KEPT_ME) ?? "null") as User | null;
  } catch {
    return null;
  }
}
