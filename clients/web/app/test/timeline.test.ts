import { Room } from "@parley/sdk";
import type { Draft, Message, RoomState } from "@parley/sdk";
import { expect, test } from "vitest";

import { summarize } from "../src/state/summaries";
import { firstNewOf, timelineOf } from "../src/state/timeline";
import type { Entry } from "../src/state/timeline";

const NOON = new Date(2026, 0, 15, 12).getTime();
const MINUTE = 60_000;

const NAMES: Record<string, string> = { bob: "Bob", carol: "Carol" };
const nameOf = (user: string): string | undefined => NAMES[user];

function roomOfKind(kind: "direct" | "group", changes: Partial<RoomState> = {}): Room {
  return new Room(
    {
      id: "a",
      kind,
      name: "Bob",
      version: 1,
      member_count: 2,
      last_seq: 0,
      delivered_seq: 0,
      read_seq: 0,
      lowest: [],
      ...changes,
    },
    "me",
  );
}

function roomWith(...messages: [sender: string, at: number][]): Room {
  return filled(roomOfKind("direct"), messages);
}

function groupWith(...messages: [sender: string, at: number][]): Room {
  return filled(roomOfKind("group"), messages);
}

function filled(room: Room, messages: [sender: string, at: number][]): Room {
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
    reply_to: null,
    created_at: at,
    state: "pending",
  };
}

test("messages of one person within minutes are one group", () => {
  const room = roomWith(["bob", NOON], ["bob", NOON + MINUTE], ["me", NOON + 2 * MINUTE]);

  const entries = timelineOf(room, [], "me", nameOf);

  expect(entries.map((entry) => [entry.startsGroup, entry.endsGroup])).toEqual([
    [true, false],
    [false, true],
    [true, true],
  ]);
});

test("a pause ends a group, and midnight does so too", () => {
  const midnight = new Date(2026, 0, 16).getTime();
  const room = roomWith(["bob", NOON], ["bob", midnight - MINUTE], ["bob", midnight + MINUTE]);

  const entries = timelineOf(room, [], "me", nameOf);

  expect(entries.map((entry) => entry.startsGroup)).toEqual([true, true, true]);
  expect(entries.map((entry) => entry.startsDay)).toEqual([true, false, true]);
});

test("a run of messages by somebody else in a group begins with their name", () => {
  const senders = ["bob", "bob", "carol", "me", "dave"];
  const room = groupWith(...senders.map((sender): [string, number] => [sender, NOON]));

  const entries = timelineOf(room, [], "me", nameOf);

  expect(entries.map((entry) => entry.author)).toEqual([
    { id: "bob", name: "Bob" },
    null,
    { id: "carol", name: "Carol" },
    null,
    { id: "dave", name: undefined },
  ]);
});

test("nobody is named, or asked for, in a direct room", () => {
  const asked: string[] = [];
  const room = roomWith(["bob", NOON], ["me", NOON], ["bob", NOON]);

  const entries = timelineOf(room, [], "me", (user) => {
    asked.push(user);
    return "Bob";
  });

  expect(entries.map((entry) => entry.author)).toEqual([null, null, null]);
  expect(asked).toEqual([]);
});

test("one's own message keeps its row while what came before it is missing", () => {
  const room = roomWith(["bob", NOON]);
  room.take(messageOf(3, "me", NOON));

  const [, row] = timelineOf(room, [], "me", nameOf);
  const { sent, preview } = summarize(room, [], "me", nameOf);

  expect(row).toMatchObject({ key: "me/c-3", seq: 3, state: "sent" });
  expect({ sent, preview }).toEqual({ sent: "sent", preview: "hello" });
});

test("the list says who wrote the newest message of a group", () => {
  const authorOf = (room: Room, drafts: Draft[] = []) =>
    summarize(room, drafts, "me", nameOf).author;

  expect(authorOf(groupWith(["me", NOON], ["bob", NOON]))).toBe("Bob");
  expect(authorOf(groupWith(["dave", NOON]))).toBe("…");
  expect(authorOf(groupWith(["bob", NOON], ["me", NOON]))).toBeNull();
  expect(authorOf(groupWith(["bob", NOON]), [draftOf("c-2")])).toBeNull();
  expect(authorOf(groupWith())).toBeNull();
  expect(authorOf(roomWith(["bob", NOON]))).toBeNull();
});

test("drafts come last, and keep their key when they become messages", () => {
  const room = roomWith(["bob", NOON]);
  const draft = timelineOf(room, [draftOf("c-2")], "me", nameOf).at(-1);

  room.take(messageOf(2, "me", NOON + 91 * MINUTE));
  const message = timelineOf(room, [], "me", nameOf).at(-1);

  expect(draft?.state).toBe("pending");
  expect(message?.state).toBe("sent");
  expect(message?.key).toBe(draft?.key);
});

test("a row of which nothing has changed is the same object, and no other is", () => {
  const room = groupWith(["bob", NOON], ["me", NOON + 10 * MINUTE], ["me", NOON + 11 * MINUTE]);
  const draft = draftOf("c-9");
  const draw = (name = "Bob") => timelineOf(room, [draft], "me", () => name);
  const changed = (a: readonly Entry[], b: readonly Entry[]) =>
    b.filter((entry) => !a.includes(entry)).map((entry) => entry.clientId);
  const first = draw();

  expect(changed(first, draw())).toEqual([]);

  room.take(messageOf(4, "me", NOON + 12 * MINUTE));
  const second = draw();
  expect(changed(first, second)).toEqual(["c-3", "c-4"]);

  const everybody = { user: "bob", delivered_seq: 2, read_seq: 2 };
  room.foldStatus({ lowest: [everybody], members: [] });
  const third = draw();
  expect(changed(second, third)).toEqual(["c-2"]);

  Object.assign(draft, { state: "failed", reason: "Too long." });
  const fourth = draw();
  expect(changed(third, fourth)).toEqual(["c-9"]);
  expect(changed(fourth, draw("Robert"))).toEqual(["c-1"]);
});

test("what was never sent is still there when the room is not", () => {
  const entries = timelineOf(undefined, [draftOf("c-1")], "me", nameOf);

  expect(entries.map((entry) => [entry.clientId, entry.author])).toEqual([["c-1", null]]);
});

test("new messages begin with the first of somebody else above the read mark", () => {
  const room = roomWith(["bob", NOON], ["me", NOON], ["bob", NOON], ["bob", NOON]);
  const entries = timelineOf(room, [draftOf("c-5")], "me", nameOf);

  expect(firstNewOf(entries, 1, false)?.seq).toBe(3);
  expect(firstNewOf(entries, 4, false)).toBeUndefined();
});

test("where new messages begin is unknown until history reaches down to the read mark", () => {
  const room = roomWith(["bob", NOON], ["bob", NOON], ["bob", NOON]);
  const loaded = timelineOf(room, [], "me", nameOf).slice(1);

  expect(firstNewOf(loaded, 0, true)).toBeUndefined();
  expect(firstNewOf(loaded, 1, true)?.seq).toBe(2);
  expect(firstNewOf(loaded, 0, false)?.seq).toBe(2);
});
