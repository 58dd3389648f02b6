import { expect, test } from "vitest";

import { hueOf, initialsOf, splitLinks } from "../src/format";

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
