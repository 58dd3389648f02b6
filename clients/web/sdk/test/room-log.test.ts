import { expect, test } from "vitest";

import { RoomLog } from "../src/room-log";
import { messageOf } from "./fakes";

const seqs = (log: RoomLog): number[] => log.messages.map((message) => message.seq);

test("messages in any order end up in order, once", () => {
  const log = new RoomLog(0);

  for (const seq of [2, 1, 4, 2, 3, 1, 4]) log.add(messageOf("r", seq));

  expect(seqs(log)).toEqual([1, 2, 3, 4]);
  expect(log.cursor).toBe(4);
});

test("what lies above a hole is kept aside until the hole is filled", () => {
  const log = new RoomLog(5);

  expect(log.add(messageOf("r", 7))).toBe(false);
  expect(log.cursor).toBe(5);
  expect(log.highestSeen).toBe(7);
  expect(seqs(log)).toEqual([]);

  expect(log.add(messageOf("r", 6))).toBe(true);
  expect(seqs(log)).toEqual([6, 7]);
});

test("a page of history goes below, and only if it touches what is there", () => {
  const log = new RoomLog(10);

  log.addOlder([messageOf("r", 8), messageOf("r", 9), messageOf("r", 10)], true);
  expect(seqs(log)).toEqual([8, 9, 10]);
  expect(log.hasOlder).toBe(true);

  log.addOlder([messageOf("r", 3), messageOf("r", 4)], true);
  expect(seqs(log)).toEqual([8, 9, 10]);
  expect(log.lowest).toBe(8);

  log.addOlder([messageOf("r", 7)], false);
  expect(log.hasOlder).toBe(false);
});

test("a restart drops the old run and keeps what came above it", () => {
  const log = new RoomLog(0);
  log.add(messageOf("r", 1));
  log.add(messageOf("r", 900));
  log.add(messageOf("r", 901));

  log.restartAt(900);

  expect(seqs(log)).toEqual([900, 901]);
  expect(log.lowest).toBe(900);
  expect(log.hasOlder).toBe(true);
});

test("a restart inside the run changes nothing", () => {
  const log = new RoomLog(0);
  log.add(messageOf("r", 1));
  log.add(messageOf("r", 2));

  log.restartAt(2);
  log.restartAt(3);

  expect(seqs(log)).toEqual([1, 2]);
});

test("what is let go of is history, and what is newest stays", () => {
  const log = new RoomLog(0);
  for (let seq = 1; seq <= 10; seq += 1) log.add(messageOf("a", seq));

  log.trim(4);

  expect(log.messages.map(({ seq }) => seq)).toEqual([7, 8, 9, 10]);
  expect([log.lowest, log.cursor, log.size, log.hasOlder]).toEqual([7, 10, 4, true]);
  log.addOlder([messageOf("a", 6)], true);
  expect(log.lowest).toBe(6);
  log.trim(50);
  expect(log.size).toBe(5);
});
