import { describe, expect, test } from "vitest";

import { isOffline, meaningOfClose, reconnectDelayMs } from "../src/reconnection";

describe("the ladder", () => {
  test.each([
    [1, 1000, 2000],
    [2, 2000, 4000],
    [3, 4000, 8000],
    [4, 8000, 16000],
    [5, 16000, 32000],
  ])("waits half to the whole of the base before try %i", (attempt, least, most) => {
    expect(reconnectDelayMs(attempt, () => 0)).toBe(least);
    expect(reconnectDelayMs(attempt, () => 1)).toBe(most);
    expect(isOffline(attempt)).toBe(false);
  });

  test("is used up after the fifth try, and then asks once a minute", () => {
    expect(isOffline(6)).toBe(true);
    expect(reconnectDelayMs(6, () => 0)).toBe(60_000);
    expect(reconnectDelayMs(60, () => 1)).toBe(60_000);
  });
});

test.each([
  [4001, "renew"],
  [4008, "pushed"],
  [4503, "pushed"],
  [4029, "wait"],
  [1012, "announced"],
  [1001, "announced"],
  [1003, "fault"],
  [1007, "fault"],
  [1009, "fault"],
  [1005, "lost"],
  [1006, "lost"],
  [4999, "lost"],
])("close code %i means %s", (code, meaning) => {
  expect(meaningOfClose(code)).toBe(meaning);
});
