import { beforeEach, describe, expect, test } from "vitest";

import type { ServerFrame } from "../src";
import { LIMITS, World, frameOf, messageOf, roomOf, seqsOf, settle, welcome } from "./fakes";

let world: World;

beforeEach(() => {
  world = new World();
});

describe("holes", () => {
  test("heads above what is held are asked for at once, and the newest message of every room", async () => {
    await world.online(roomOf("a", 9, { delivered_seq: 4 }), roomOf("b", 3), roomOf("empty", 0));
    await world.clock.advance(0);

    expect(world.socket.sentOf("sync").map((frame) => frame.cursors)).toEqual([{ a: 4, b: 2 }]);
  });

  test("a hole among live messages is asked for after 500 ms", async () => {
    const client = await world.online(roomOf("a", 0));

    world.socket.say(frameOf(messageOf("a", 2)));
    await world.clock.advance(499);
    expect(world.socket.sentOf("sync")).toEqual([]);
    await world.clock.advance(1);

    expect(world.socket.sentOf("sync").map((frame) => frame.cursors)).toEqual([{ a: 0 }]);
    expect(seqsOf(client, "a")).toEqual([]);
  });

  test("a hole that closes by itself is never asked for", async () => {
    const client = await world.online(roomOf("a", 0));

    world.socket.say(frameOf(messageOf("a", 2)));
    await world.clock.advance(100);
    world.socket.say(frameOf(messageOf("a", 1)));
    await world.clock.advance(5_000);

    expect(world.socket.sentOf("sync")).toEqual([]);
    expect(seqsOf(client, "a")).toEqual([1, 2]);
  });

  test("an answer with has_more is followed by the next question at once", async () => {
    await world.online(roomOf("a", 3, { delivered_seq: 0 }));
    await world.clock.advance(0);

    world.socket.say(frameOf(messageOf("a", 1)));
    world.socket.say({
      type: "synced",
      ref: world.socket.sentOf("sync")[0]?.ref ?? "",
      rooms: [{ room: "a", from: 1, to: 1, has_more: true }],
    });
    await world.clock.advance(0);

    expect(world.socket.sentOf("sync").map((frame) => frame.cursors)).toEqual([{ a: 0 }, { a: 1 }]);
  });

  test("one question is on its way at a time, and what turns up meanwhile is asked next", async () => {
    await world.online(roomOf("a", 3, { delivered_seq: 0 }), roomOf("b", 0));
    await world.clock.advance(0);

    world.socket.say(frameOf(messageOf("b", 2)));
    await world.clock.advance(1_000);
    expect(world.socket.sentOf("sync")).toHaveLength(1);
    const ref = world.socket.sentOf("sync")[0]?.ref ?? "";
    world.socket.say({ type: "synced", ref, rooms: [] });
    await world.clock.advance(0);

    expect(world.socket.sentOf("sync").map((frame) => frame.cursors)).toEqual([{ a: 0 }, { b: 0 }]);
  });

  test("a fruitless answer is asked again ever more slowly, never in a loop", async () => {
    await world.online(roomOf("a", 3, { delivered_seq: 0 }));
    const askedAt: number[] = [];
    for (let second = 0; second < 60; second += 1) {
      const before = world.socket.sentOf("sync").length;
      await world.clock.advance(1_000);
      const asked = world.socket.sentOf("sync");
      if (asked.length === before) continue;
      askedAt.push(second);
      world.socket.say({ type: "synced", ref: asked.at(-1)?.ref ?? "", rooms: [] });
    }

    expect(askedAt.length).toBeGreaterThan(2);
    expect(askedAt.length).toBeLessThan(8);
  });

  test("a truncated answer begins the room anew with what came", async () => {
    const client = await world.online(roomOf("a", 900, { delivered_seq: 2 }));
    await world.clock.advance(0);

    world.socket.say(frameOf(messageOf("a", 899)));
    world.socket.say(frameOf(messageOf("a", 900)));
    world.socket.say({
      type: "synced",
      ref: world.socket.sentOf("sync")[0]?.ref ?? "",
      rooms: [{ room: "a", from: 899, to: 900, has_more: false, truncated: true }],
    });

    expect(seqsOf(client, "a")).toEqual([899, 900]);
    expect(client.room("a")?.isMissingSomething).toBe(false);
  });

  test("messages from before one joined are not asked for again", async () => {
    const client = await world.online(roomOf("a", 9));
    await world.clock.advance(0);

    world.socket.say({
      type: "synced",
      ref: world.socket.sentOf("sync")[0]?.ref ?? "",
      rooms: [{ room: "a", from: 10, to: 9, has_more: false }],
    });
    await world.clock.advance(20_000);

    expect(world.socket.sentOf("sync")).toHaveLength(1);
    expect(client.room("a")?.isMissingSomething).toBe(false);
  });

  test("more than 200 rooms are asked for in several questions", async () => {
    await world.online(...Array.from({ length: 250 }, (_, index) => roomOf(`r${index}`, 5)));
    await world.clock.advance(0);
    const [first] = world.socket.sentOf("sync");
    world.socket.say({ type: "synced", ref: first?.ref ?? "", rooms: [] });
    await world.clock.advance(0);

    const sizes = world.socket.sentOf("sync").map((frame) => Object.keys(frame.cursors).length);
    expect(sizes).toEqual([200, 50]);
  });

  test("after a reconnection only what was missed is asked for", async () => {
    const client = await world.online(roomOf("a", 0));
    world.socket.say(frameOf(messageOf("a", 1)));
    world.socket.break();
    await world.clock.advance(2_000);

    world.socket.say(welcome(roomOf("a", 3, { delivered_seq: 1 })));
    await world.clock.advance(1_999);
    expect(world.socket.sentOf("sync")).toEqual([]); // the queue may be replaying it
    await world.clock.advance(1);

    expect(world.socket.sentOf("sync").map((frame) => frame.cursors)).toEqual([{ a: 1 }]);
    expect(seqsOf(client, "a")).toEqual([1]);
  });
});

test("the longest message is what the server says", async () => {
  const client = await world.online();
  expect(client.contentChars).toBe(4096);

  world.socket.say({ ...welcome(), limits: { ...LIMITS, content_chars: 100 } } as ServerFrame);

  expect(client.contentChars).toBe(100);
});

describe("rooms", () => {
  test("the same message twice is one message", async () => {
    const client = await world.online(roomOf("a", 0));

    world.socket.say(frameOf(messageOf("a", 1)));
    world.socket.say(frameOf(messageOf("a", 1)));

    expect(seqsOf(client, "a")).toEqual([1]);
    expect(client.room("a")?.unread).toBe(1);
  });

  test("stand in the order of activity, and a new message comes to the top", async () => {
    const client = await world.online(roomOf("a", 1), roomOf("b", 1));
    expect(client.rooms.map((room) => room.id)).toEqual(["a", "b"]);

    world.socket.say(frameOf(messageOf("b", 2)));

    expect(client.rooms.map((room) => room.id)).toEqual(["b", "a"]);
  });

  test("tell of a message that is new, also where a description of the room overtook it", async () => {
    const client = await world.online(roomOf("a", 3));
    const news: string[] = [];
    client.on("message", ({ room, seq }) => news.push(`${room}${seq}`));

    world.socket.say({ type: "room", ...roomOf("a", 4, { version: 2 }) });
    world.socket.say(frameOf(messageOf("a", 4)));
    world.socket.say({ type: "room", ...roomOf("b", 1, { delivered_seq: 0 }) });
    world.socket.say(frameOf(messageOf("b", 1)));
    world.socket.say(frameOf(messageOf("b", 1)));

    expect(news).toEqual(["a4", "b1"]);
    expect(client.rooms.map((room) => room.id)).toEqual(["b", "a"]);
  });

  test("tell of no message that was there when the session or the stay began", async () => {
    const client = await world.online(roomOf("a", 3, { delivered_seq: 1 }));
    const news: number[] = [];
    client.on("message", ({ seq }) => news.push(seq));

    world.socket.say(frameOf(messageOf("a", 2)));
    world.socket.say(frameOf(messageOf("a", 3)));
    world.socket.say({ type: "room", ...roomOf("joined", 9, { delivered_seq: 9 }) });
    world.socket.say(frameOf(messageOf("joined", 9)));

    expect(news).toEqual([]);
  });

  test("that found no place in welcome come by HTTP, below the others", async () => {
    world.http.answer("GET /rooms", 200, { rooms: [roomOf("a", 1), roomOf("z", 1)], next: null });
    const client = world.client();
    client.start();
    await settle();

    world.socket.say({ ...welcome(roomOf("a", 1)), more_rooms: true } as never);
    await settle();

    expect(client.rooms.map((room) => room.id)).toEqual(["a", "z"]);
  });

  test("from which one was removed go away", async () => {
    const client = await world.online(roomOf("a", 1));

    world.socket.say({ type: "room", ...roomOf("a", 1), removed: true });

    expect(client.rooms).toEqual([]);
  });

  test("tell how the other one of a direct room is called now, and shown", async () => {
    const bob = { id: "bob", username: "bob", display_name: "Bob" };
    world.http.answer("GET /users", 200, { users: [bob] });
    const client = await world.online(roomOf("a", 1));
    client.people.nameOf("bob");
    await world.clock.advance(1_000);

    world.socket.say({ type: "room", ...roomOf("a", 1, { version: 3, name: "Bo", avatar: "v3" }) });
    expect([client.people.nameOf("bob"), client.people.pictureOf("bob")]).toEqual(["Bo", "v3"]);

    world.socket.say({
      type: "room",
      ...roomOf("a", 1, { version: 2, name: "Bob", avatar: "v2" }),
    });
    expect([client.people.nameOf("bob"), client.people.pictureOf("bob")]).toEqual(["Bo", "v3"]);

    world.socket.say(welcome(roomOf("a", 1, { version: 4, name: "Bo" })));
    expect(client.people.pictureOf("bob")).toBeUndefined();
  });

  test("an older version of a room changes no description and moves no mark back", async () => {
    const client = await world.online(roomOf("a", 9, { version: 5, name: "New" }));

    world.socket.say({ type: "room", ...roomOf("a", 3, { version: 4, name: "Old" }) });

    const state = client.room("a")?.state;
    expect(state?.name).toBe("New");
    expect(state?.last_seq).toBe(9);
    expect(state?.read_seq).toBe(9);
  });
});

test("a session that is gone at its renewal signs out", async () => {
  world.http.answer("GET /auth/session", 401, { code: "unauthenticated" });
  const client = await world.online();
  world.socket.say({ type: "pong", server_time: "" });

  for (let beat = 0; beat < 11; beat += 1) {
    await world.clock.advance(30_000);
    world.socket.say({ type: "pong", server_time: "" });
  }

  expect(client.connection.state.name).toBe("signed_out");
});
