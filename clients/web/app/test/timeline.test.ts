import { Room } from "@parley/sdk";
import type { Draft, Message } from "@parley/sdk";
import { expect, test } from "vitest";

import { firstNewOf, needsPerson, timelineOf } from "../src/state/timeline";

const NOON = new Date(2026, 0, 15, 12).getTime();
const MINUTE = 60_000;

function roomWith(...messages: [sender: string, at: number][]): Room {
  const room = new Room({
    id: "a",
    kind: "direct",
    name: "Bob",
    version: 1,
    members: ["me", "bob"],
    member_count: 2,
    last_seq: 0,
    delivered_seq: 0,
    read_seq: 0,
    lowest: [],
  });
  messages.forEach(([sender, at], index) => room.take(messageOf(index + 1, sender, at)));
  return room;
}

function messageOf(seq: number, sender: string, at: number): Message {
  return {
    id: `a.${seq}`,
    room: "a",
    seq,
    sender,
    client_id: `c-${seq}`,
    content: "hello",
    reply_to: null,
    created_at: new Date(at).toISOString(),
  };
}

function draftOf(clientId: string): Draft {
  const at = NOON + 90 * MINUTE;
  return {
    client_id: clientId,
    room: "a",
    sender: "me",
    content: "hello",
    created_at: at,
    state: "pending",
  };
}

test("messages of one person within minutes are one group", () => {
  const room = roomWith(["bob", NOON], ["bob", NOON + MINUTE], ["me", NOON + 2 * MINUTE]);

  const entries = timelineOf(room, [], "me");

  expect(entries.map((entry) => [entry.startsGroup, entry.endsGroup])).toEqual([
    [true, false],
    [false, true],
    [true, true],
  ]);
});

test("a pause ends a group, and midnight does so too", () => {
  const midnight = new Date(2026, 0, 16).getTime();
  const room = roomWith(["bob", NOON], ["bob", midnight - MINUTE], ["bob", midnight + MINUTE]);

  const entries = timelineOf(room, [], "me");

  expect(entries.map((entry) => entry.startsGroup)).toEqual([true, true, true]);
  expect(entries.map((entry) => entry.startsDay)).toEqual([true, false, true]);
});

test("drafts come last, and keep their key when they become messages", () => {
  const room = roomWith(["bob", NOON]);
  const draft = timelineOf(room, [draftOf("c-2")], "me").at(-1);

  room.take(messageOf(2, "me", NOON + 91 * MINUTE));
  const message = timelineOf(room, [], "me").at(-1);

  expect(draft?.state).toBe("pending");
  expect(message?.state).toBe("sent");
  expect(message?.key).toBe(draft?.key);
});

test("only a refused message needs the person: what merely waits goes by itself", () => {
  const states = ["pending", "waiting", "refused", "sent", "delivered", "read", null] as const;

  expect(states.filter(needsPerson)).toEqual(["refused"]);
});

test("new messages begin with the first of somebody else above the read mark", () => {
  const room = roomWith(["bob", NOON], ["me", NOON], ["bob", NOON], ["bob", NOON]);
  const entries = timelineOf(room, [draftOf("c-5")], "me");

  expect(firstNewOf(entries, 1, false)?.seq).toBe(3);
  expect(firstNewOf(entries, 4, false)).toBeUndefined();
});

test("where new messages begin is unknown until history reaches down to the read mark", () => {
  const room = roomWith(["bob", NOON], ["bob", NOON], ["bob", NOON]);
  const loaded = timelineOf(room, [], "me").slice(1);

  expect(firstNewOf(loaded, 0, true)).toBeUndefined();
  expect(firstNewOf(loaded, 1, true)?.seq).toBe(2);
  expect(firstNewOf(loaded, 0, false)?.seq).toBe(2);
});
