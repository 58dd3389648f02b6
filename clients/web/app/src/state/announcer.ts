/**
 * What screen readers say of their own accord: in one place, politely, one after another.
 *
 * What went wrong is not said here: it stands where it went wrong, as an alert.
 */
import { signal } from "@preact/signals";

/** Long enough for a screen reader to take it up before the next is put in its place. */
const SAID_MS = 1_000;
/** What is in the page is found there by whoever reads through it: old news is not. */
const STAYS_MS = 10_000;
/** Of more than so many that wait the oldest go unsaid. */
const WAITING = 5;
/** Draws nothing: the same words are said again where they are not the same text. */
const AGAIN = "\u00a0";

export const said = signal("");

const waiting: string[] = [];
let timer = 0;
let isSaying = false;

export function announce(words: string): void {
  if (words === "") return;
  waiting.push(words);
  if (waiting.length > WAITING) waiting.shift();
  if (!isSaying) sayNext();
}

function sayNext(): void {
  const next = waiting.shift();
  isSaying = next !== undefined;
  window.clearTimeout(timer);
  if (next === undefined) {
    timer = window.setTimeout(() => (said.value = ""), STAYS_MS - SAID_MS);
    return;
  }
  said.value = said.value === next ? next + AGAIN : next;
  timer = window.setTimeout(sayNext, SAID_MS);
}
