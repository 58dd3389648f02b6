/** The catalogues: whole, with the same places, and said as each language counts and runs. */
import { describe, expect, test } from "vitest";

import { language, t, translated } from "../src/state/language";
import { de, sentences } from "../shared/words/de";
import { en } from "../shared/words/en";
import { LANGUAGES, PSEUDO, load, tagFor } from "../shared/words/languages";
import { mirrored } from "../shared/words/pseudo";
import { isolated, piecesOf } from "../shared/words/words";
import type { Catalogue, Plural } from "../shared/words/words";

const OTHERS: readonly [string, Catalogue][] = [
  ["de", de],
  [PSEUDO, mirrored(en)],
];

function formsOf(message: string | Plural): string[] {
  return typeof message === "string" ? [message] : Object.values(message);
}

function placesOf(text: string): string[] {
  return piecesOf(text)
    .filter((_, index) => index % 2 === 1)
    .sort();
}

describe.each(OTHERS)("the catalogue of %s", (tag, catalogue) => {
  test("says everything that the English one says, with the same places", () => {
    expect(Object.keys(catalogue)).toEqual(Object.keys(en));
    for (const [key, message] of Object.entries(en)) {
      const wanted = placesOf(typeof message === "string" ? message : message.other);
      for (const form of formsOf(catalogue[key as keyof Catalogue]))
        expect([key, placesOf(form)]).toEqual([key, wanted]);
    }
  });

  test("leaves nothing empty", () => {
    for (const message of Object.values(catalogue))
      for (const form of formsOf(message)) expect(form.trim()).not.toBe("");
  });

  test("can be loaded", async () => {
    expect((await load(tag, [])).catalogue).toEqual(catalogue);
  });
});

test("a translation says in no sentence what English says, but for names", () => {
  const same = Object.keys(en).filter(
    (key) =>
      JSON.stringify(en[key as keyof Catalogue]) === JSON.stringify(de[key as keyof Catalogue]),
  );
  const names = ["app.title", "app.title_unread", "connection.seconds", "connection.offline"];
  const alike = ["presence.online", "day.moment", "message.says", "emoji.label", "group.name"];

  expect(same).toEqual([...names, ...alike, "notice.from"]);
});

test.each([
  ["", ["de-AT", "en"], "de"],
  ["", ["fr", "de"], "de"],
  ["", ["fr"], "en"],
  ["", [], "en"],
  ["en", ["de"], "en"],
  ["de", ["en"], "de"],
  [PSEUDO, ["en"], PSEUDO],
  ["xx", ["de"], "de"],
])("whoever chose %j in a browser of %j reads %s", (chosen, wanted, tag) => {
  expect(tagFor(chosen, wanted)).toBe(tag);
});

test("nobody is offered the language that is for looking only", () => {
  expect(Object.keys(LANGUAGES)).toEqual(["en", "de"]);
});

test.each([
  ["en-US", 1, "1 member"],
  ["en-US", 2, "2 members"],
  ["en-US", 1024, "1,024 members"],
  ["de-DE", 1, "1 Mitglied"],
  ["de-DE", 1024, "1.024 Mitglieder"],
])("in %s, %i members are %j", async (locale, count, words) => {
  language.value = await load(locale.slice(0, 2), [locale]);

  expect(t("room.members", { count })).toBe(words);
});

test("a name that runs the other way turns nothing around it", async () => {
  language.value = await load("en", ["en"]);

  expect(t("conversation.with", { name: "Bob" })).toBe("Conversation with Bob");
  expect(t("conversation.with", { name: "ליאת" })).toBe("Conversation with \u2068ליאת\u2069");
  expect(isolated("Bob", "rtl")).toBe("\u2068Bob\u2069");
  expect(isolated("12", "rtl")).toBe("12");
});

test("what the server says is said in the page's language, with what it names", async () => {
  language.value = await load("de", ["de"]);

  expect(translated("There is nobody called $& (Bob).")).toBe("Niemand heißt $& (Bob).");
  expect(translated("A group has at most 1024 members.")).toBe(
    "Eine Gruppe hat höchstens 1024 Mitglieder.",
  );
  expect(translated("Something that no catalogue knows.")).toBe(
    "Something that no catalogue knows.",
  );
  language.value = await load("en", ["en"]);
  expect(translated("Please sign in.")).toBe("Please sign in.");
});

test("a sentence of the server keeps its one place", () => {
  const countOf = (text: string): number => text.split("{}").length;
  for (const [english, said] of Object.entries(sentences))
    expect(countOf(said)).toBe(countOf(english));
});
