/**
 * How somebody wants to be told on this device: written by the page, read by the worker, which has no
 * local storage.
 */
const CACHE = "parley-wishes";
const PLACE = "/wishes";

export interface Wishes {
  /** A tag of `languages.ts`, and where its reader lives. */
  language: string;
  locale: string;
  /** Whether a notification names nobody and nothing. */
  isPrivate: boolean;
  isHeard: boolean;
}

const NONE: Wishes = { language: "en", locale: "en", isPrivate: false, isHeard: true };

/** Where the browser forbids storing there is nothing to read later: the usual holds. */
export async function writeWishes(wishes: Wishes): Promise<void> {
  try {
    await (await caches.open(CACHE)).put(PLACE, new Response(JSON.stringify(wishes)));
  } catch {
    // Forbidden, or no secure context: then there is no worker either.
  }
}

export async function readWishes(): Promise<Wishes> {
  try {
    const kept = await (await caches.open(CACHE)).match(PLACE);
    return kept === undefined ? NONE : ((await kept.json()) as Wishes);
  } catch {
    return NONE;
  }
}
