import { expect, test } from "vitest";

import { hueOf, initialsOf, lengthWords, splitLinks, timeFormat } from "../src/format";

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
