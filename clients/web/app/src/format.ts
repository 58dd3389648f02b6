/** Dates and names for people, in the language of the page. */
import type { PersonPresence } from "@parley/sdk";
import { computed } from "@preact/signals";

import { language, t } from "./state/language";

const DAY_MS = 86_400_000;
/** Characters left from which on they are counted aloud. */
const COUNTED_CHARS = 500;

/** Without a zero before the hour where the clock has twelve of them. */
export function timeFormat(locale?: string): Intl.DateTimeFormat {
  const usual = new Intl.DateTimeFormat(locale, { hour: "numeric" }).resolvedOptions();
  const hour = usual.hour12 ? "numeric" : "2-digit";
  return new Intl.DateTimeFormat(locale, { hour, minute: "2-digit" });
}

const formats = computed(() => {
  const { locale } = language.value;
  const dates = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, options);
  return {
    time: timeFormat(locale),
    weekday: dates({ weekday: "long" }),
    dayAndMonth: dates({ day: "numeric", month: "short" }),
    dayOfYear: dates({ day: "numeric", month: "long" }),
    longDate: dates({ weekday: "long", day: "numeric", month: "long" }),
    date: dates({ dateStyle: "long" }),
    full: dates({ dateStyle: "full", timeStyle: "short" }),
  };
});

export const timeOf = (at: number): string => formats.value.time.format(at);
export const fullDateOf = (at: number): string => formats.value.full.format(at);

/** The midnight with which a day began, in milliseconds since 1970 as all times here. */
export function midnightOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

function daysBefore(today: number, at: number): number {
  return Math.round((midnightOf(today) - midnightOf(at)) / DAY_MS);
}

/** As short as it can be: the time today, the weekday this week, the date otherwise. */
export function shortDateOf(at: number, today: number): string {
  const { weekday, dayAndMonth } = formats.value;
  const days = daysBefore(today, at);
  if (days <= 0) return timeOf(at);
  if (days === 1) return t("day.yesterday");
  return days < 7 ? weekday.format(at) : dayAndMonth.format(at);
}

/** With the year where it is another one. */
export function dayLabelOf(at: number, today: number): string {
  const { longDate, date } = formats.value;
  const days = daysBefore(today, at);
  if (days === 0) return t("day.today");
  if (days === 1) return t("day.yesterday");
  return (isSameYear(at, today) ? longDate : date).format(at);
}

function isSameYear(at: number, today: number): boolean {
  return new Date(at).getFullYear() === new Date(today).getFullYear();
}

/** When somebody was there last: more exactly, the less long ago. */
export function lastSeenWords(at: number, today: number): string {
  const { weekday, dayOfYear, date } = formats.value;
  const days = daysBefore(today, at);
  const time = timeOf(at);
  if (days <= 0) return t("presence.seen_today", { time });
  if (days === 1) return t("presence.seen_yesterday", { time });
  if (days < 7) return t("presence.seen_weekday", { day: weekday.format(at), time });
  const day = (isSameYear(at, today) ? dayOfYear : date).format(at);
  return t("presence.seen_date", { day });
}

/** Whether somebody is there, or when they were: nothing where that is not known. */
export function presenceWords({ status, last_seen }: PersonPresence, today: number): string {
  if (status === "online" || status === "away") return t(`presence.${status}`);
  return last_seen === null ? "" : lastSeenWords(Date.parse(last_seen), today);
}

/** Who types, as the sentence of this key says it. */
export interface TypingWords {
  of: "typing.one" | "typing.many";
  who: string;
}

/** Null where nobody types. */
export function typingWords(names: readonly string[]): TypingWords | null {
  const [first, second, third] = names;
  if (first === undefined) return null;
  if (second === undefined) return { of: "typing.one", who: first };
  const who = third === undefined ? t("typing.two_people", { first, second }) : t("typing.several");
  return { of: "typing.many", who };
}

/** How much more may be written: nothing while there is plenty. */
export function lengthWords(chars: number, limit: number): string {
  const left = limit - chars;
  if (left < 0) return t("composer.over", { count: -left });
  return left < COUNTED_CHARS ? t("composer.left", { count: left }) : "";
}

export function membersWords(count: number): string {
  return t("room.members", { count });
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
  const time = timeOf(at);
  if (days === 1) return t("day.moment_yesterday", { time });
  return t("day.moment", { day: formats.value.dayAndMonth.format(at), time });
}
