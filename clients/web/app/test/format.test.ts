import { beforeEach, describe, expect, test } from "vitest";

import {
  dayLabelOf,
  hueOf,
  initialsOf,
  lastSeenWords,
  lengthWords,
  midnightOf,
  presenceWords,
  shortDateOf,
  splitLinks,
  timeFormat,
  timeOf,
  typingWords,
} from "../src/format";
import { language, t } from "../src/state/language";
import { load } from "../shared/words/languages";

const DAY_MS = 86_400_000;

/** What the page says from now on is said to somebody whose browser is of this place. */
async function readIn(locale: string): Promise<void> {
  language.value = await load(locale.split("-")[0] ?? "", [locale]);
}

beforeEach(() => readIn("en-GB"));

test.each([
  ["Ada Lindqvist", "AL"],
  ["bob", "B"],
  ["Ana María de la Cruz", "AC"],
  ["😀 face", "😀F"],
  ["  ", "?"],
])("the initials of %j are %s", (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});

test("web addresses stand at odd places, without the full stop that ends the sentence", () => {
  expect(splitLinks("See https://example.org/a?b=c. Or not")).toEqual([
    "See ",
    "https://example.org/a?b=c",
    ". Or not",
  ]);
});

test.each(["javascript:alert(1)", "data:text/html,x", "no address at all", ""])(
  "%j is no web address",
  (text) => {
    expect(splitLinks(text)).toEqual([text]);
  },
);

test("a colour belongs to an id and is one of eight", () => {
  const hues = Array.from({ length: 200 }, (_, index) => hueOf(`user-${index}`));

  expect(hueOf("user-7")).toBe(hues[7]);
  expect(new Set(hues)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
});

test.each([
  ["en-US", 17, /^5:15\sPM$/],
  ["en-US", 0, /^12:15\sAM$/],
  ["en-GB", 5, /^05:15$/],
  ["de-DE", 17, /^17:15$/],
])("in %s, a quarter past %i is written as people there do", (locale, hour, written) => {
  expect(timeFormat(locale).format(new Date(2026, 0, 15, hour, 15))).toMatch(written);
});

test.each([
  [0, 4096, ""],
  [3596, 4096, ""],
  [3597, 4096, "499 left"],
  [4096, 4096, "0 left"],
  [4100, 4096, "4 too many"],
  [9000, Infinity, ""],
])("with %i characters of %i written, it says %j", (chars, limit, words) => {
  expect(lengthWords(chars, limit)).toBe(words);
});

describe("when somebody was there last", () => {
  /** A Thursday. */
  const today = new Date(2026, 0, 15).getTime();

  test.each([
    ["an hour ago", new Date(2026, 0, 15, 14, 5), "last seen today at 14:05"],
    ["right after midnight", new Date(2026, 0, 15, 0, 0), "last seen today at 00:00"],
    ["right before midnight", new Date(2026, 0, 14, 23, 59), "last seen yesterday at 23:59"],
    ["early yesterday", new Date(2026, 0, 14, 0, 0), "last seen yesterday at 00:00"],
    ["late the day before", new Date(2026, 0, 13, 23, 59), "last seen on Tuesday at 23:59"],
    ["six days ago", new Date(2026, 0, 9, 0, 0), "last seen on Friday at 00:00"],
    ["on a day of the same name", new Date(2026, 0, 8, 23, 59), "last seen on 8 January"],
    ["at the beginning of the year", new Date(2026, 0, 1, 0, 0), "last seen on 1 January"],
    ["in the year before", new Date(2025, 11, 31, 23, 59), "last seen on 31 December 2025"],
    ["by a clock that is ahead", new Date(2026, 0, 16, 0, 1), "last seen today at 00:01"],
  ])("%s, it says so", (_, at, words) => {
    expect(lastSeenWords(at.getTime(), today)).toBe(words);
  });

  test.each([
    ["en-US", /^last seen yesterday at 2:05\sPM$/, /^last seen on January 2$/],
    ["de-DE", /^zuletzt gestern um 14:05$/, /^zuletzt am 2\. Januar$/],
  ])("in %s, it is written as people there do", async (locale, yesterday, before) => {
    await readIn(locale);

    expect(lastSeenWords(new Date(2026, 0, 14, 14, 5).getTime(), today)).toMatch(yesterday);
    expect(lastSeenWords(new Date(2026, 0, 2, 14, 5).getTime(), today)).toMatch(before);
  });

  test("it is said of who is not there, and of nobody who keeps it to themselves", () => {
    const words = (status: "online" | "away" | "offline" | "unknown", seen: string | null) =>
      presenceWords({ id: "bob", status, last_seen: seen }, today);
    const noon = new Date(2026, 0, 15, 12);

    expect(words("online", null)).toBe("online");
    expect(words("away", null)).toBe("away");
    expect(words("offline", noon.toISOString())).toBe(
      `last seen today at ${timeOf(noon.getTime())}`,
    );
    expect(words("offline", null)).toBe("");
    expect(words("unknown", null)).toBe("");
  });
});

describe("on a page that stays open over midnight", () => {
  const at = new Date(2026, 0, 15, 23, 30).getTime();
  const that = midnightOf(at);
  const next = midnightOf(at + DAY_MS);

  test("today becomes yesterday", () => {
    expect(dayLabelOf(at, that)).toBe("Today");
    expect(dayLabelOf(at, next)).toBe("Yesterday");
    expect(shortDateOf(at, that)).toBe(timeOf(at));
    expect(shortDateOf(at, next)).toBe("Yesterday");
  });

  test("a day begins at its midnight, and is the same all day", () => {
    expect(that).toBe(new Date(2026, 0, 15).getTime());
    expect(midnightOf(that)).toBe(that);
    expect(midnightOf(next - 1)).toBe(that);
  });
});

test("days are counted by their midnights also where clocks are put forward or back", () => {
  for (let day = 1; day <= 365; day += 1) {
    const today = new Date(2026, 0, day).getTime();
    const late = new Date(2026, 0, day - 1, 23, 59).getTime();
    const early = new Date(2026, 0, day - 6, 0, 0).getTime();

    expect(lastSeenWords(late, today)).toBe("last seen yesterday at 23:59");
    expect(lastSeenWords(early, today)).toMatch(/^last seen on \w+day at 0[01]:00$/);
  }
});

test.each([
  [["Alice"], "Alice is typing"],
  [["Alice", "Bob"], "Alice and Bob are typing"],
  [["Alice", "Bob", "Carol"], "Several people are typing"],
  [["Alice", "Bob", "Carol", "Dave"], "Several people are typing"],
])("while %j type, it says %j", (names, words) => {
  const typing = typingWords(names);

  expect(typing && t(typing.of, { who: typing.who })).toBe(words);
});

test("while nobody types, it says nothing", () => {
  expect(typingWords([])).toBeNull();
});
