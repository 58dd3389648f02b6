import "fake-indexeddb/auto";

import { expect, test } from "vitest";

import { IndexedDrafts, IndexedStore } from "../src/browser";
import type { Draft, KeptRoom } from "../src";
import { messageOf, roomOf } from "./fakes";

const store = new IndexedStore();
const drafts = new IndexedDrafts();
let users = 0;

/** Another person for every test: the browser is the same. */
function somebody(): string {
  users += 1;
  return `user-${users}`;
}

function keptRoom(id: string, from: number, cursor: number): KeptRoom {
  return { state: roomOf(id, cursor), from, cursor, newest: messageOf(id, cursor), activity: 1 };
}

function draftOf(sender: string, clientId: string, at: number): Draft {
  return {
    client_id: clientId,
    room: "a",
    sender,
    content: "hello",
    reply_to: null,
    created_at: at,
    state: "pending",
  };
}

test("what was kept is there again, and messages come by their seqs", async () => {
  const user = somebody();
  const messages = [2, 10, 9, 1].map((seq) => messageOf("a", seq));

  await store.keep(user, { rooms: [keptRoom("a", 1, 10)], messages, gone: [] });

  expect(await store.rooms(user)).toEqual([keptRoom("a", 1, 10)]);
  const found = await store.messages(user, "a", 2, 9);
  expect(found.map((message) => message.seq)).toEqual([2, 9]);
});

test("nobody sees what another person kept, or another room", async () => {
  const [one, other] = [somebody(), somebody()];
  await store.keep(one, {
    rooms: [keptRoom("a", 1, 1), keptRoom("ab", 1, 1)],
    messages: [messageOf("a", 1), messageOf("ab", 1)],
    gone: [],
  });

  expect(await store.rooms(other)).toEqual([]);
  expect(await store.messages(other, "a", 1, 9)).toEqual([]);
  expect(await store.messages(one, "a", 1, 9)).toHaveLength(1);
});

test("what is gone goes first, and may come anew in the same change", async () => {
  const user = somebody();
  const before = [1, 2, 3].map((seq) => messageOf("a", seq));
  await store.keep(user, { rooms: [keptRoom("a", 1, 3)], messages: before, gone: [] });

  await store.keep(user, {
    rooms: [keptRoom("a", 3, 3)],
    messages: [messageOf("a", 3, { content: "anew" })],
    gone: ["a"],
  });

  const found = await store.messages(user, "a", 1, 9);
  expect(found.map((message) => message.content)).toEqual(["anew"]);
});

test("who signs out leaves nothing behind, and nobody else loses anything", async () => {
  const [one, other] = [somebody(), somebody()];
  for (const user of [one, other]) {
    const change = { rooms: [keptRoom("a", 1, 1)], messages: [messageOf("a", 1)], gone: [] };
    await store.keep(user, change);
    await drafts.put(draftOf(user, `draft of ${user}`, 1));
  }

  await store.forget(one);

  expect(await store.rooms(one)).toEqual([]);
  expect(await store.messages(one, "a", 1, 9)).toEqual([]);
  expect(await drafts.load(one)).toEqual([]);
  expect(await store.rooms(other)).toHaveLength(1);
  expect(await drafts.load(other)).toHaveLength(1);
});

test("drafts come in the order of writing, until they are removed", async () => {
  const user = somebody();
  await drafts.put(draftOf(user, "second", 2));
  await drafts.put(draftOf(user, "first", 1));
  expect((await drafts.load(user)).map((draft) => draft.client_id)).toEqual(["first", "second"]);

  await drafts.remove("first");

  expect((await drafts.load(user)).map((draft) => draft.client_id)).toEqual(["second"]);
});
