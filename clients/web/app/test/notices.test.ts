// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Notice } from "../shared/news";
import { wordsFor } from "../shared/notice-words";
import { said } from "../src/state/announcer";
import { attachNotices, isHeard, isNotified, isPrivate } from "../src/state/notices";
import { en } from "../shared/words/en";
import { Page, roomOf } from "./page";

let page: Page;
let told: Notice[];
beforeEach(async () => {
  told = [];
  const controller = { postMessage: (notice: Notice) => told.push(notice) };
  vi.stubGlobal("navigator", { serviceWorker: { controller } });
  page = await Page.open(roomOf("a", 0), roomOf("b", 0, { name: "Bob" }));
  attachNotices(page.client);
});
afterEach(() => {
  page.close();
  isNotified.value = isPrivate.value = false;
  isHeard.value = true;
});

test("what comes to the room in sight is only announced, with what it says", async () => {
  await page.hear("a", 1, { content: "hello" });

  // What others had to say before is said first.
  await vi.waitFor(() => {
    expect(said.value).toContain("hello");
  }, 10_000);
  expect(told).toEqual([]);
});

test("what comes to another room is told to the worker, with how much is unread there", async () => {
  await page.hear("b", 1, { content: "first" });
  await page.hear("b", 2, { content: "second" });

  expect(told.map(({ title, body }) => [title, body])).toEqual([
    ["Bob", "first"],
    ["Bob", "second\n2 new messages"],
  ]);
  expect(told[0]).toMatchObject({ room: "b", isShown: false, isHeard: true });
});

test("who wants it private has nobody and nothing named", async () => {
  isNotified.value = isPrivate.value = true;
  isHeard.value = false;

  await page.hear("b", 1, { content: "a secret" });

  expect(told).toEqual([
    {
      type: "notice",
      room: "b",
      title: "Parley",
      body: "You have new messages",
      isShown: true,
      isHeard: false,
    },
  ]);
});

const ENGLISH = { tag: "en", locale: "en", direction: "ltr", catalogue: en } as const;
const WAITING = { room: "Team", isGroup: true, author: "Bob", content: "hello", unread: 1 };

test("the worker names the writer in a group, and the count above one", () => {
  expect(wordsFor(ENGLISH, WAITING)).toEqual(["Team", "Bob: hello"]);
  expect(wordsFor(ENGLISH, { ...WAITING, isGroup: false, room: "Bob", unread: 3 })).toEqual([
    "Bob",
    "hello\n3 new messages",
  ]);
});

test("where nothing is known the worker says only that there is something", () => {
  expect(wordsFor(ENGLISH, null)).toEqual(["Parley", "You have new messages"]);
});

test("of a long message only its beginning is shown", () => {
  const [, body] = wordsFor(ENGLISH, { ...WAITING, isGroup: false, content: "x".repeat(4096) });

  expect(body).toHaveLength(120);
});
