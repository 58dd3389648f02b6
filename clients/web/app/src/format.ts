/** Dates and names for people, in the language of their browser. */
import type { PersonPresence } from "@parley/sdk";

const DAY_MS = 86_400_000;
/** Characters left from which on they are counted aloud. */
const COUNTED_CHARS = 500;

/** Without a zero before the hour where the clock has twelve of them. */
export function timeFormat(locale?: string): Intl.DateTimeFormat {
  const usual = new Intl.DateTimeFormat(locale, { hour: "numeric" }).resolvedOptions();
  const hour = usual.hour12 ? "numeric" : "2-digit";
  return new Intl.DateTimeFormat(locale, { hour, minute: "2-digit" });
}
const time = timeFormat();
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const dayAndMonth = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longDate = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

export const timeOf = (at: number): string => time.format(at);
export const fullDateOf = (at: number): string => full.format(at);

/** The midnight with which a day began, in milliseconds since 1970 as all times here. */
export function midnightOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

function daysBefore(today: number, at: number): number {
  return Math.round((midnightOf(today) - midnightOf(at)) / DAY_MS);
}

/** As short as it can be: the time today, the weekday this week, the date otherwise. */
export function shortDateOf(at: number, today: number): string {
  const days = daysBefore(today, at);
  if (days <= 0) return timeOf(at);
  if (days === 1) return "Yesterday";
  return days < 7 ? weekday.format(at) : dayAndMonth.format(at);
}

export function dayLabelOf(at: number, today: number): string {
  const days = daysBefore(today, at);
  if (days === 0) return "Today";
  return days === 1 ? "Yesterday" : longDate.format(at);
}

/** When somebody was there last: more exactly, the less long ago. */
export function lastSeenFormat(locale?: string): (at: number, today: number) => string {
  const hour = timeFormat(locale);
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "long" });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long" });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "long" });
  return (at, today) => {
    const days = daysBefore(today, at);
    if (days <= 0) return `last seen today at ${hour.format(at)}`;
    if (days === 1) return `last seen yesterday at ${hour.format(at)}`;
    if (days < 7) return `last seen on ${weekday.format(at)} at ${hour.format(at)}`;
    const isThisYear = new Date(at).getFullYear() === new Date(today).getFullYear();
    return `last seen on ${(isThisYear ? day : date).format(at)}`;
  };
}
const lastSeen = lastSeenFormat();

/** Whether somebody is there, or when they were: nothing where that is not known. */
export function presenceWords({ status, last_seen }: PersonPresence, today: number): string {
  if (status === "online" || status === "away") return status;
  return last_seen === null ? "" : lastSeen(Date.parse(last_seen), today);
}

/** In two pieces, of which the first may be too long for its place. */
export interface TypingWords {
  who: string;
  doing: string;
}

/** Who types; null where nobody does. */
export function typingWords(names: readonly string[]): TypingWords | null {
  const [first, second, third] = names;
  if (first === undefined) return null;
  if (second === undefined) return { who: first, doing: "is typing" };
  const who = third === undefined ? `${first} and ${second}` : "Several people";
  return { who, doing: "are typing" };
}

/** How much more may be written: nothing while there is plenty. */
export function lengthWords(chars: number, limit: number): string {
  const left = limit - chars;
  if (left < 0) return `${-left} too many`;
  return left < COUNTED_CHARS ? `${left} left` : "";
}

export function membersWords(count: number): string {
  return count === 1 ? "1 member" : `${count} members`;
}

/** Up to two letters: of the first and the last word. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""];
  return (
    letters
      .map((word) => Array.from(word ?? "")[0] ?? "")
      .join("")
      .toUpperCase() || "?"
  );
}

/** A stable small number for an id: the same person has the same colour everywhere. */
export function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % 8;
}

/** Text in pieces: what looks like a web address, and what is between. Addresses at odd places. */
export function splitLinks(text: string): string[] {
  return text.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])/u);
}

const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const FEW_EMOJI = 3;
const FEW_EMOJI_CHARS = 40;

/** Whether a text is one to three emoji and nothing else. */
export function isFewEmoji(text: string): boolean {
  if (text.length > FEW_EMOJI_CHARS) return false;
  const all = Array.from(letters.segment(text), ({ segment }) => segment);
  return all.length > 0 && all.length <= FEW_EMOJI && all.every(isEmoji);
}

/** Digits and signs count as emoji only where they are told to look like one. */
function isEmoji(letter: string): boolean {
  return /^(\p{Emoji_Presentation}|\p{Emoji}\uFE0F)/u.test(letter);
}

/** A moment, as exactly as a list of them needs it: without the day where it is today. */
export function momentOf(at: number, today: number): string {
  const days = daysBefore(today, at);
  if (days <= 0) return timeOf(at);
  return days === 1 ? `Yesterday, ${timeOf(at)}` : `${dayAndMonth.format(at)}, ${timeOf(at)}`;
}
