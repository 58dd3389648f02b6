/** What this device tells of what it holds and of what was seen on it. */
import { beforeEach, describe, expect, test } from "vitest";

import { World, frameOf, messageOf, roomOf, settle, welcome } from "./fakes";

let world: World;

beforeEach(() => {
  world = new World();
});

/** Every receipt so far, in order. */
function told(): [type: string, room: string, seq: number][] {
  return world.sockets
    .flatMap((socket) => socket.sent)
    .filter((frame) => frame.type === "delivered" || frame.type === "read_receipt")
    .map(({ type, room, seq }) => [type, room, seq]);
}

function hear(room: string, seq: number, sender = "bob"): void {
  world.socket.say(frameOf(messageOf(room, seq, { sender })));
}

describe("a message", () => {
  test("is delivered once it is held, and read where its room is open", async () => {
    const client = await world.online(roomOf("a", 0), roomOf("b", 0));
    client.watch("b");

    hear("a", 1);
    hear("b", 1);

    expect(told()).toEqual([
      ["delivered", "a", 1],
      ["read_receipt", "b", 1],
    ]);
    expect(client.room("a")?.unread).toBe(1);
    expect(client.room("b")?.unread).toBe(0);
  });

  test("above a hole is never claimed", async () => {
    const client = await world.online(roomOf("a", 0));
    client.watch("a");

    hear("a", 2);
    await world.clock.advance(200);
    expect(told()).toEqual([]);
    hear("a", 1);

    expect(told()).toEqual([["read_receipt", "a", 2]]);
  });

  test("of one's own needs no receipt where all below it is told: the server knows", async () => {
    const client = await world.online(roomOf("a", 0));
    client.watch("a");

    hear("a", 1, "me");
    await world.clock.advance(1_000);
    expect(told()).toEqual([]);
    hear("a", 2);

    expect(told()).toEqual([["read_receipt", "a", 2]]);
    expect(client.room("a")?.unread).toBe(0);
  });

  test("of one's own claims nothing below it", async () => {
    const client = await world.online(roomOf("a", 41, { delivered_seq: 30, read_seq: 30 }));

    const draft = client.send("a", "from the outbox");
    await settle();
    world.socket.say({
      type: "ack",
      client_id: draft.client_id,
      room: "a",
      id: "a.42",
      seq: 42,
      created_at: "2026-01-01T00:00:00.000Z",
      status: "sent",
      duplicate: false,
    });
    await world.clock.advance(1_000);
    expect(told()).toEqual([]);
    for (let seq = 31; seq <= 41; seq += 1) hear("a", seq);
    await world.clock.advance(1_000);

    expect(told().at(-1)?.slice(0, 2)).toEqual(["delivered", "a"]);
    expect(client.room("a")?.readSeq).toBe(30);
  });
});

describe("nothing is read", () => {
  test("while nobody looks, and everything is at once when somebody looks again", async () => {
    const client = await world.online(roomOf("a", 0));
    client.watch("a");
    world.attention.turn(false);

    for (let seq = 1; seq <= 3; seq += 1) hear("a", seq);
    await world.clock.advance(1_000);
    expect(told()).toEqual([
      ["delivered", "a", 1],
      ["delivered", "a", 3],
    ]);
    expect(client.room("a")?.unread).toBe(3);
    world.attention.turn(true);

    expect(told().at(-1)).toEqual(["read_receipt", "a", 3]);
    expect(client.room("a")?.unread).toBe(0);
  });

  test("by opening a room in a window that nobody looks at", async () => {
    const client = await world.online(roomOf("a", 2, { delivered_seq: 2, read_seq: 0 }));
    hear("a", 2);
    world.attention.turn(false);

    client.watch("a");

    expect(told()).toEqual([]);
    expect(client.room("a")?.unread).toBe(2);
  });

  test("in a room that is not watched: not open here, or nobody looks", async () => {
    const client = await world.online(roomOf("a", 0), roomOf("b", 0));
    const watched = () => ["a", "b"].filter((room) => client.isWatching(room));
    client.watch("a");
    expect(watched()).toEqual(["a"]);

    world.attention.turn(false);

    expect(watched()).toEqual([]);
  });

  test("by looking where no room is open", async () => {
    const client = await world.online(roomOf("a", 0));
    client.watch("a");
    client.watch(null);

    hear("a", 1);
    world.attention.turn(true);

    expect(told()).toEqual([["delivered", "a", 1]]);
  });

  test("by a client that is closed", async () => {
    const client = await world.online(roomOf("a", 0));
    client.watch("a");
    world.attention.turn(false);
    hear("a", 1);

    client.close();
    world.attention.turn(true);

    expect(client.room("a")?.readSeq).toBe(0);
  });
});

describe("receipts", () => {
  test("come at most once per room and 200 ms, and the last one is the latest", async () => {
    const client = await world.online(roomOf("a", 0), roomOf("b", 0));
    client.watch("a");

    for (let seq = 1; seq <= 10; seq += 1) {
      hear("a", seq);
      hear("b", seq);
    }
    await world.clock.advance(199);
    expect(told()).toEqual([
      ["read_receipt", "a", 1],
      ["delivered", "b", 1],
    ]);
    await world.clock.advance(800);

    expect(told().slice(2)).toEqual([
      ["read_receipt", "a", 10],
      ["delivered", "b", 10],
    ]);
  });

  test("keep to the 200 ms also where a room is opened right after its message came", async () => {
    const client = await world.online(roomOf("a", 0));
    hear("a", 1);

    client.watch("a");
    expect(told()).toEqual([["delivered", "a", 1]]);
    await world.clock.advance(200);

    expect(told().slice(1)).toEqual([["read_receipt", "a", 1]]);
  });

  test("are not repeated where another device said the same", async () => {
    const client = await world.online(roomOf("a", 2, { delivered_seq: 0, read_seq: 0 }));
    const own = { user: "me", delivered_seq: 2, read_seq: 2, at: "2026-01-01T00:00:00.000Z" };
    world.socket.say({ type: "status", room: "a", lowest: [], members: [own] });

    hear("a", 1);
    hear("a", 2);
    client.watch("a");
    await world.clock.advance(1_000);

    expect(told()).toEqual([]);
  });

  test("outlive the page on this device, and are told to a server that missed them", async () => {
    const client = await world.online(roomOf("a", 0));
    client.watch("a");
    hear("a", 1);
    client.close();

    const next = await world.online(roomOf("a", 1, { delivered_seq: 0, read_seq: 0 }));

    expect(next.room("a")?.unread).toBe(0);
    expect(told().slice(1)).toEqual([["read_receipt", "a", 1]]);
  });

  test("of another life of the server's data count for nothing", async () => {
    world.marks.set("me a", 900);

    const client = await world.online(roomOf("a", 3, { read_seq: 0 }));

    expect(client.room("a")?.unread).toBe(3);
  });

  test("are told again where the next welcome does not know them", async () => {
    const client = await world.online(roomOf("a", 0), roomOf("b", 0));
    client.watch("a");
    hear("a", 1);
    hear("b", 1);
    world.socket.break();
    await world.clock.advance(2_000);

    world.socket.say(
      welcome(
        roomOf("a", 1, { delivered_seq: 0, read_seq: 0 }),
        roomOf("b", 1, { delivered_seq: 0, read_seq: 0 }),
      ),
    );
    await world.clock.advance(200);

    expect(told().slice(2)).toEqual([
      ["delivered", "b", 1],
      ["read_receipt", "a", 1],
    ]);
  });
});
