/**
 * How somebody wants to be told on this device: written by the page, read by the worker, which has no
 * local storage.
 */
import type { Key, Speaking } from "./words/words";

const CACHE = "parley-wishes";
const PLACE = "/wishes";

export interface Wishes {
  /** The reader's, with no more of its catalogue than the worker says. */
  language: Speaking<SaidThere>;
  /** Whether a notification names nobody and nothing. */
  isPrivate: boolean;
  isHeard: boolean;
  /** Whether this device is to show notifications at all. */
  isNotified: boolean;
}

/** What the worker says by itself. */
export const SAID_THERE = ["app.title", "notice.from", "notice.new", "notice.private"] as const;
type SaidThere = Extract<Key, (typeof SAID_THERE)[number]>;

/** Where the browser forbids storing there is nothing to read later: the usual holds. */
export async function writeWishes(wishes: Wishes): Promise<void> {
  try {
    await (await caches.open(CACHE)).put(PLACE, new Response(JSON.stringify(wishes)));
  } catch {
    // Forbidden, or no secure context: then there is no worker either.
  }
}

/** Null where no page has written any: then none has had a browser told of anything either. */
export async function readWishes(): Promise<Wishes | null> {
  const kept = await (await caches.open(CACHE)).match(PLACE);
  return kept === undefined ? null : ((await kept.json()) as Wishes);
}
