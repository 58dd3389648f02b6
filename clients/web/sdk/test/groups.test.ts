/** Groups that one joins, sees changed, leaves, and joins anew, as the server tells of them. */
import { beforeEach, describe, expect, test } from "vitest";

import type { ChatClient, CustomPush, RoomState, ServerFrame } from "../src";
import { World, frameOf, messageOf, roomOf, seqsOf, settle, welcome } from "./fakes";

let world: World;

beforeEach(() => {
  world = new World();
});

function groupOf(id: string, last: number, changes: Partial<RoomState> = {}): RoomState {
  const room = roomOf(id, last, {
    kind: "group",
    name: "Team",
    member_count: 3,
    role: "member",
    open_history: false,
    lowest: [],
    ...changes,
  });
  delete room.members;
  return room;
}

/** A `room` frame about somebody who is in it. */
function told(room: RoomState): ServerFrame {
  return { type: "room", ...room };
}

/** The `room` frame for somebody who was removed, when the room stood at `last`. */
function farewell(id: string, last: number, version: number): ServerFrame {
  const bare = groupOf(id, last, { version, name: "", member_count: 0 });
  delete bare.role;
  delete bare.open_history;
  return { type: "room", ...bare, removed: true };
}

/** Answer the latest `sync` as the server does where nothing is to be read up to `joined`. */
function answerJoiner(room: string, joined: number): void {
  world.socket.say({
    type: "synced",
    ref: world.socket.sentOf("sync").at(-1)?.ref ?? "",
    rooms: [{ room, from: joined + 1, to: joined, has_more: false }],
  });
}

/** Every `sync` so far, after a while in which nothing more may be asked. */
async function everAsked(): Promise<Record<string, number>[]> {
  await world.clock.advance(20_000);
  return world.sockets.flatMap((socket) => socket.sentOf("sync").map((frame) => frame.cursors));
}

/** Keep the connection alive over minutes. */
function heard(): void {
  world.socket.say({ type: "pong", server_time: "" });
}

describe("who joins a group that has a past", () => {
  test("asks for it once, and holds what comes from then on", async () => {
    const client = await world.online();
    world.socket.say(told(groupOf("g", 9)));
    await world.clock.advance(0);
    answerJoiner("g", 9);

    world.socket.say(frameOf(messageOf("g", 10)));
    await world.clock.advance(20_000);
    heard();
    await world.clock.advance(20_000);

    expect(world.socket.sentOf("sync").map((frame) => frame.cursors)).toEqual([{ g: 8 }]);
    expect(seqsOf(client, "g")).toEqual([10]);
    expect(client.room("g")?.isMissingSomething).toBe(false);
    expect(client.room("g")?.unread).toBe(1);
  });

  test("asks history once, and then knows that there is none to be had", async () => {
    const client = await world.online(groupOf("g", 9));
    await world.clock.advance(0);
    answerJoiner("g", 9);
    world.http.answer("GET /rooms/g/messages?before=10", 200, { messages: [], has_more: false });

    await client.loadNewest("g");
    await client.loadOlder("g");
    await client.loadNewest("g");

    expect(client.room("g")?.log.hasOlder).toBe(false);
    expect(world.http.requests).toHaveLength(1);
  });

  test("is offered the past when the group opens it", async () => {
    const client = await world.online(groupOf("g", 9));
    await world.clock.advance(0);
    answerJoiner("g", 9);
    world.http.answer("GET /rooms/g/messages?before=10", 200, { messages: [], has_more: false });
    await client.loadNewest("g");

    world.socket.say(told(groupOf("g", 9, { version: 2, open_history: true })));

    expect(client.room("g")?.log.hasOlder).toBe(true);
  });

  test("a page of history that was asked for below the old beginning says nothing of the new", async () => {
    const client = await world.online(groupOf("g", 9));
    await world.clock.advance(0);
    world.http.answer("GET /rooms/g/messages?before=9", 200, { messages: [], has_more: false });

    const loading = client.loadOlder("g");
    answerJoiner("g", 9);
    await loading;

    expect(client.room("g")?.log.hasOlder).toBe(true);
  });
});

test("a rename, a role and a new member show at once", async () => {
  const client = await world.online(groupOf("g", 0));
  let redrawn = 0;
  client.on("rooms", () => (redrawn += 1));

  world.socket.say(
    told(groupOf("g", 0, { version: 2, name: "Crew", member_count: 4, role: "admin" })),
  );

  expect(client.room("g")?.state).toMatchObject({ name: "Crew", member_count: 4, role: "admin" });
  expect(redrawn).toBe(1);
});

describe("who is removed", () => {
  test("does not have the room any more, nor what is still said in it", async () => {
    const client = await world.online(groupOf("g", 0));
    world.socket.say(frameOf(messageOf("g", 1)));

    world.socket.say(farewell("g", 1, 2));
    world.socket.say(frameOf(messageOf("g", 2)));

    expect(client.room("g")).toBeUndefined();
    expect(client.rooms).toEqual([]);
  });

  test("asks for nothing there any more, and reports nothing", async () => {
    const client = await world.online(groupOf("g", 0));
    client.watch("g");
    world.socket.say(frameOf(messageOf("g", 1)));
    world.socket.say(frameOf(messageOf("g", 2)));
    world.socket.say(frameOf(messageOf("g", 4)));
    const reported = world.socket.sentOf("read_receipt").length;

    world.socket.say(farewell("g", 4, 2));
    await world.clock.advance(20_000);

    expect(world.socket.sentOf("sync")).toEqual([]);
    expect(world.socket.sentOf("read_receipt")).toHaveLength(reported);
  });

  test("while away: the next welcome says so by not naming it", async () => {
    const client = await world.online(groupOf("g", 3), roomOf("a", 0));
    world.socket.break();
    await world.clock.advance(2_000);

    world.socket.say(welcome(roomOf("a", 0)));
    await world.clock.advance(20_000);

    expect(client.rooms.map((room) => room.id)).toEqual(["a"]);
    expect(world.socket.sentOf("sync")).toEqual([]);
  });

  test("keeps what was waiting there as failed, and it is never tried again by itself", async () => {
    const client = await world.online(groupOf("g", 0));
    const draft = client.send("g", "Wait for me");
    await settle();

    world.socket.say(farewell("g", 0, 2));
    world.socket.say({
      type: "error",
      code: "permission_denied",
      message: "You are not in this room.",
      client_id: draft.client_id,
    });
    await world.clock.advance(20_000);
    heard();
    world.socket.break();
    await world.clock.advance(2_000);
    world.socket.say(welcome());
    await world.clock.advance(20_000);

    expect(client.drafts("g")).toMatchObject([
      { content: "Wait for me", state: "failed", reason: "You are not in this room." },
    ]);
    expect(world.sockets.flatMap((socket) => socket.sentOf("message"))).toHaveLength(1);
    expect(world.sockets.flatMap((socket) => socket.sentOf("retry"))).toEqual([]);
  });

  test("does not get it back from a page of rooms that was on its way", async () => {
    const client = world.client();
    client.start();
    await settle();
    const page = { rooms: [groupOf("g", 5), roomOf("b", 0)], next: null };
    world.http.answer("GET /rooms", 200, page);

    world.socket.say({ ...welcome(roomOf("a", 0)), more_rooms: true } as ServerFrame);
    world.socket.say(farewell("g", 5, 2));
    await settle();

    expect(client.rooms.map((room) => room.id)).toEqual(["a", "b"]);
  });
});

describe("who is added anew", () => {
  const back = groupOf("g", 7, { version: 3 });

  async function heldBefore(): Promise<ChatClient> {
    const client = await world.online(groupOf("g", 0));
    for (const seq of [1, 2]) world.socket.say(frameOf(messageOf("g", seq)));
    return client;
  }

  function expectOnlyTheNewStay(client: ChatClient): void {
    world.socket.say(frameOf(messageOf("g", 8)));
    expect(seqsOf(client, "g")).toEqual([8]);
    expect(client.room("g")?.unread).toBe(1);
  }

  test("begins with an empty log", async () => {
    const client = await heldBefore();
    world.socket.say(farewell("g", 2, 2));

    world.socket.say(told(back));
    await world.clock.advance(0);
    answerJoiner("g", 7);

    expectOnlyTheNewStay(client);
    expect(await everAsked()).toEqual([{ g: 6 }]);
  });

  test("while the log of the former stay is still held: it begins anew", async () => {
    const client = await heldBefore();

    world.socket.say(told(back));
    await world.clock.advance(0);
    answerJoiner("g", 7);

    expectOnlyTheNewStay(client);
    expect(await everAsked()).toEqual([{ g: 2 }]);
  });

  test("while away: it begins anew, with what was written since", async () => {
    const client = await heldBefore();
    world.socket.break();
    await world.clock.advance(2_000);

    const later = { last_seq: 9, delivered_seq: 7, read_seq: 7 };
    world.socket.say(welcome({ ...back, ...later }));
    await world.clock.advance(0);
    for (const seq of [8, 9]) world.socket.say(frameOf(messageOf("g", seq)));
    world.socket.say({
      type: "synced",
      ref: world.socket.sentOf("sync").at(-1)?.ref ?? "",
      rooms: [{ room: "g", from: 8, to: 9, has_more: false }],
    });

    expect(seqsOf(client, "g")).toEqual([8, 9]);
    expect(client.room("g")?.unread).toBe(2);
    expect(await everAsked()).toEqual([{ g: 2 }]);
  });

  test("tells at once what was read, though the former stay has just reported", async () => {
    const client = await heldBefore();
    client.watch("g");
    world.socket.say(farewell("g", 2, 2));

    world.socket.say(told(back));
    await world.clock.advance(0);
    answerJoiner("g", 7);
    world.socket.say(frameOf(messageOf("g", 8)));

    expect(world.socket.sentOf("read_receipt").map((frame) => frame.seq)).toEqual([8]);
  });
});

test("a room that comes while the rest of the list loads is kept", async () => {
  const client = world.client();
  client.start();
  await settle();
  world.http.answer("GET /rooms", 200, { rooms: [roomOf("b", 0)], next: null });

  world.socket.say({ ...welcome(roomOf("a", 0)), more_rooms: true } as ServerFrame);
  world.socket.say(told(groupOf("new", 0)));
  await settle();

  expect(client.rooms.map((room) => room.id)).toEqual(["new", "a", "b"]);
});

test("names are asked for over HTTP, and their coming is told", async () => {
  world.http.answer("GET /users?ids=bob,carol", 200, {
    users: [{ id: "bob", username: "bob", display_name: "Bob" }],
  });
  const client = await world.online(groupOf("g", 0));
  let redrawn = 0;
  client.on("people", () => (redrawn += 1));

  expect([client.people.nameOf("bob"), client.people.nameOf("carol")]).toEqual([
    undefined,
    undefined,
  ]);
  await world.clock.advance(1_000);

  expect([client.people.nameOf("bob"), client.people.nameOf("carol")]).toEqual(["Bob", null]);
  expect(client.people.nameOf("me")).toBe("Alice");
  expect(redrawn).toBe(1);
});

test("names that could not be had are asked for again when the server is back", async () => {
  const client = await world.online();
  client.people.nameOf("bob");
  await world.clock.advance(1_000);
  world.http.answer("GET /users?ids=bob", 200, {
    users: [{ id: "bob", username: "bob", display_name: "Bob" }],
  });

  world.socket.break();
  await world.clock.advance(2_000);
  world.socket.say(welcome());
  await settle();

  expect(client.people.nameOf("bob")).toBe("Bob");
});

test("people who were found by a search are not asked for", async () => {
  world.http.answer("GET /users?search=bo", 200, {
    users: [{ id: "bob", username: "bob", display_name: "Bob" }],
  });
  const client = await world.online();

  await client.searchUsers("bo");

  expect(client.people.nameOf("bob")).toBe("Bob");
});

test("what other code pushes reaches the embedding page as it is", async () => {
  const client = await world.online();
  const pushes: CustomPush[] = [];
  client.on("custom", (push) => pushes.push(push));

  world.socket.say({ type: "custom", name: "shop.order_paid", data: { order: 7 } });

  expect(pushes).toEqual([{ name: "shop.order_paid", data: { order: 7 } }]);
});
