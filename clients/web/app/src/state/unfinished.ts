/**
 * What somebody began to write and did not send, by room: it outlives a reload, a closed page and a
 * session that ended, and goes when its writer signs out.
 *
 * It stands in local storage, which some browsers forbid: then it lasts as long as the page.
 */
import { signal } from "@preact/signals";
import type { Signal } from "@preact/signals";

export interface Unfinished {
  text: string;
  /** The seq of the message that it answers. */
  replyTo: number | null;
}

export const NOTHING: Unfinished = { text: "", replyTo: null };

let writer = "";
const begun = new Map<string, Signal<Unfinished>>();

/** Whose page this is from now on. */
export function readUnfinishedOf(user: string): void {
  writer = user;
  begun.clear();
}

export function unfinishedIn(room: string): Signal<Unfinished> {
  let one = begun.get(room);
  if (one === undefined) {
    one = signal(kept(keyOf(room)));
    begun.set(room, one);
  }
  return one;
}

export function keepUnfinished(room: string, change: Partial<Unfinished>): void {
  const one = unfinishedIn(room);
  one.value = { ...one.value, ...change };
  const { text, replyTo } = one.value;
  try {
    if (text === "" && replyTo === null) localStorage.removeItem(keyOf(room));
    else localStorage.setItem(keyOf(room), JSON.stringify({ text, replyTo }));
  } catch {
    // Full or forbidden: the page remembers it.
  }
}

/** Show what another page of this browser has made of it: there is one draft, however many pages. */
export function followUnfinished(): void {
  window.addEventListener("storage", ({ key }) => {
    for (const [room, one] of begun) if (key === keyOf(room)) one.value = kept(key);
  });
}

/** Forget what this browser keeps of a person outside its database. */
export function forgetKept(user: string): void {
  begun.clear();
  try {
    const own = Object.keys(localStorage).filter((key) => key.startsWith(`parley/`));
    for (const key of own) if (key.split("/").includes(user)) localStorage.removeItem(key);
  } catch {
    // Forbidden: then nothing is kept.
  }
}

function keyOf(room: string): string {
  return `parley/unfinished/${writer}/${room}`;
}

function kept(key: string): Unfinished {
  try {
    const { text, replyTo } = JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Unfinished>;
    return { text: typeof text === "string" ? text : "", replyTo: replyTo ?? null };
  } catch {
    return NOTHING;
  }
}
