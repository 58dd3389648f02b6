import type { User } from "@parley/sdk";
import { expect, test } from "vitest";

import { peopleBesides, roomsNamed, wordsForNobody } from "../src/state/search";
import type { Summary } from "../src/state/summaries";

const ALICE: User = { id: "1", username: "al-1", display_name: "Alice" };
const BOB: User = { id: "2", username: "bob-2", display_name: "Bob" };

function roomWith(name: string, peer: string | null): Summary {
  return {
    id: `room of ${name}`,
    name,
    kind: peer === null ? "group" : "direct",
    memberCount: 2,
    version: 1,
    role: null,
    hasOpenHistory: false,
    advances: 0,
    peer,
    author: null,
    preview: "",
    at: null,
    sent: null,
    unread: 0,
  };
}

test("a conversation is found by any part of its name, and all of them by nothing", () => {
  const all = [roomWith("Bob Ross", "2"), roomWith("Release team", null)];

  expect(roomsNamed("ROSS", all).map((room) => room.name)).toEqual(["Bob Ross"]);
  expect(roomsNamed("", all)).toEqual(all);
});

test("a person whose conversation is shown does not appear a second time", () => {
  expect(peopleBesides([roomWith("Bob", BOB.id)], [ALICE, BOB])).toEqual([ALICE]);
});

test("a person whose conversation goes by another name can still be found", () => {
  const shown = roomsNamed("bob-2", [roomWith("Bob", BOB.id)]);

  expect(peopleBesides(shown, [BOB])).toEqual([BOB]);
});

test.each([
  ["al", "Nobody else called “al”."],
  ["ALICE", "Nobody else called “ALICE”."],
  ["lice", "Nobody called “lice”."],
])("Alice, who finds nobody by %j, reads %j", (sought, words) => {
  expect(wordsForNobody(sought, ALICE)).toBe(words);
});
