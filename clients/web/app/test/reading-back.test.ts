// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from "vitest";

import { openSummary, readBack, showRoom, unreadFrom } from "../src/state/chat";
import { Page, roomOf } from "./page";

let page: Page;
beforeEach(async () => {
  page = await Page.open(roomOf("a", 0), roomOf("b", 0));
});
afterEach(() => {
  page.close();
});

const reported = () => page.world.socket.sentOf("read_receipt").map(({ room, seq }) => [room, seq]);

async function later(): Promise<void> {
  await page.world.clock.advance(1_000);
  await page.drawn();
}

test("what comes while somebody reads further up is seen when they are at the end again", async () => {
  readBack(true);
  await page.hear("a", 1);
  await later();

  expect([openSummary.value?.unread, unreadFrom.value]).toEqual([1, 0]);
  expect(reported()).toEqual([]);

  readBack(false);
  await later();

  expect(openSummary.value?.unread).toBe(0);
  expect(reported()).toEqual([["a", 1]]);
});

test("in another room one is at the end", async () => {
  readBack(true);
  await page.hear("b", 1);
  showRoom("b");
  await later();

  expect(openSummary.value?.unread).toBe(0);
  expect(reported()).toEqual([["b", 1]]);
});
