// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from "vitest";

import {
  goToDate,
  isSeeking,
  loadAgain,
  past,
  historyError,
  showRoom,
  sought,
} from "../src/state/chat";
import { Page, messageOf, roomOf, settle } from "./page";

const AT = new Date("2026-01-01T00:00:00Z");
const OTHER_DAY = new Date("2026-02-01T00:00:00Z");

let page: Page;
beforeEach(async () => {
  page = await Page.open(roomOf("a", 900), roomOf("b", 0));
});
afterEach(() => {
  page.close();
});

/** What the server answers to a day: messages from this seq on. */
function teach(query: string, from: number): void {
  const messages = [0, 1, 2].map((index) => messageOf("a", from + index));
  page.http.answer(`GET /rooms/a/messages?${query}`, 200, { messages, has_more: true });
}

test("what comes too late for a room is shown in no other", async () => {
  teach("since=2026-01-01", 100);
  teach("before=100", 97);
  const going = goToDate(AT);
  showRoom("b");
  await going;

  expect(past.value).toBeNull();
  expect([sought.value, isSeeking.value]).toEqual([null, false]);
});

test("of two days the one that was asked for last is shown", async () => {
  teach("since=2026-01-01", 100);
  teach("since=2026-02-01", 500);
  teach("before=", 97);

  await Promise.all([goToDate(AT), goToDate(OTHER_DAY)]);

  expect(past.value?.highest).toBe(502);
  expect(isSeeking.value).toBe(false);
});

test("a day that did not load is what is tried again", async () => {
  page.http.answer("GET /rooms/a/messages?since=2026-01-01", 503, { code: "unavailable" });
  await goToDate(AT);
  expect(historyError.value).not.toBe("");
  expect(past.value).toBeNull();

  teach("since=2026-01-01", 100);
  teach("before=100", 97);
  await loadAgain();
  await settle();

  expect(past.value?.at(100)?.seq).toBe(100);
  expect(historyError.value).toBe("");
});
