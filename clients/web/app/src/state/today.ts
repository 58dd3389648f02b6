/** The day it is, on a page that stays open over midnight. Whoever reads it is drawn anew then. */
import { signal } from "@preact/signals";

import { midnightOf } from "../format";

const LOOK_EVERY_MS = 60_000;

/** Milliseconds since 1970 at the midnight with which this day began, where the reader is. */
export const today = signal(midnightOf(Date.now()));

export function followTheDays(): void {
  setInterval(look, LOOK_EVERY_MS);
  // A page that slept has missed its timers.
  document.addEventListener("visibilitychange", look);
}

function look(): void {
  today.value = midnightOf(Date.now());
}
