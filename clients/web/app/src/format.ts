/** Dates and names for people, in the language of their browser. */

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

function daysAgo(at: number): number {
  const midnight = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0);
  return Math.round((midnight(Date.now()) - midnight(at)) / DAY_MS);
}

/** As short as it can be: the time today, the weekday this week, the date otherwise. */
export function shortDateOf(at: number): string {
  const days = daysAgo(at);
  if (days <= 0) return timeOf(at);
  if (days === 1) return "Yesterday";
  return days < 7 ? weekday.format(at) : dayAndMonth.format(at);
}

export function dayLabelOf(at: number): string {
  const days = daysAgo(at);
  if (days === 0) return "Today";
  return days === 1 ? "Yesterday" : longDate.format(at);
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
