/** Pages of one browser: one of them holds the connection, and all know and can do the same. */
import { beforeEach, describe, expect, test } from "vitest";

import type { ChatClient, RoomState, ServerFrame } from "../src";
import {
  Browser,
  FakeClock,
  World,
  frameOf,
  messageOf,
  roomOf,
  seqsOf,
  settle,
  welcome,
} from "./fakes";

let browser: Browser;
let clock: FakeClock;

beforeEach(() => {
  browser = new Browser();
  clock = new FakeClock();
});

/** One more page; the first of them leads. */
async function open(): Promise<{ world: World; client: ChatClient }> {
  const world = new World(browser, clock);
  const client = world.client();
  client.start();
  await settle();
  return { world, client };
}

async function openOnline(...rooms: RoomState[]): ReturnType<typeof open> {
  const page = await open();
  page.world.socket.say(welcome(...rooms));
  page.world.socket.say({ type: "drained", count: 0 });
  await settle();
  return page;
}

function ackOf(client: ChatClient, room: string, seq: number): ServerFrame {
  const draft = client.drafts(room)[0];
  if (draft === undefined) throw new Error("There is no draft.");
  return {
    type: "ack",
    client_id: draft.client_id,
    room,
    id: `${room}.${seq}`,
    seq,
    created_at: "2026-01-01T00:00:00.000Z",
    status: "sent",
    duplicate: false,
  };
}

describe("one connection", () => {
  test("is enough for all pages, and all hear what comes", async () => {
    const first = await openOnline(roomOf("a", 0));
    const others = [await open(), await open()];

    first.world.socket.say(frameOf(messageOf("a", 1)));
    await settle();

    expect(first.world.sockets).toHaveLength(1);
    for (const { world, client } of others) {
      expect(world.sockets).toEqual([]);
      expect(client.connection.state.name).toBe("online");
      expect(seqsOf(client, "a")).toEqual([1]);
    }
  });

  test("a page that comes later knows what the first one knows", async () => {
    const first = await openOnline(roomOf("a", 0), roomOf("b", 4, { read_seq: 2 }));
    first.world.socket.say(frameOf(messageOf("a", 1)));
    const bob = { id: "bob", status: "away" as const, last_seen: null };
    first.world.socket.say({ type: "presence", users: [bob] });
    first.world.socket.say({ type: "typing", room: "b", users: ["bob"] });
    first.world.socket.say({
      type: "status",
      room: "a",
      lowest: [{ user: "bob", delivered_seq: 1, read_seq: 1 }],
    });

    const later = await open();

    expect(later.client.rooms.map((room) => room.id)).toEqual(
      first.client.rooms.map((room) => room.id),
    );
    expect(later.client.room("a")?.head).toBe(1);
    expect(later.client.room("a")?.progress(1)).toBe("read");
    expect(later.client.room("b")?.unread).toBe(2);
    expect(later.client.company.presenceOf("bob").status).toBe("away");
    expect(later.client.company.typistsIn("b")).toEqual(["bob"]);
    expect(later.client.contentChars).toBe(4096);
  });

  test("that is lost is seen to be lost by all, and waited for together", async () => {
    const first = await openOnline(roomOf("a", 0));
    const other = await open();

    first.world.socket.break();
    await settle();
    expect(other.client.connection.state).toEqual(first.client.connection.state);
    expect(other.client.connection.state.name).toBe("waiting");

    other.client.connection.wake();
    await settle();

    expect(first.world.sockets).toHaveLength(2);
    expect(other.world.sockets).toEqual([]);
  });

  test("what a page asks for is answered to it alone", async () => {
    const first = await openOnline(roomOf("a", 0));
    const other = await open();
    first.world.socket.say(frameOf(messageOf("a", 3)));
    await settle();
    await clock.advance(500);
    const asked = first.world.socket.sentOf("sync");
    expect(asked).toHaveLength(2);

    const ref = asked[0]?.ref ?? "";
    first.world.socket.say({
      type: "synced",
      ref,
      rooms: [{ room: "a", from: 3, to: 3, has_more: false, truncated: true }],
    });
    await settle();

    const held = [first.client, other.client].map((client) => seqsOf(client, "a"));
    expect(held.filter((seqs) => seqs.length > 0)).toEqual([[3]]);
  });
});

describe("writing", () => {
  test("on any page goes over the one connection, and is seen on all", async () => {
    const first = await openOnline(roomOf("a", 0));
    const other = await open();

    other.client.send("a", "hello");
    await settle();

    expect(first.world.socket.sentOf("message").map((frame) => frame.content)).toEqual(["hello"]);
    expect(first.client.drafts("a").map((draft) => draft.state)).toEqual(["pending"]);

    first.world.socket.say(ackOf(other.client, "a", 1));
    await settle();

    for (const { client } of [first, other]) {
      expect(client.drafts("a")).toEqual([]);
      expect(client.room("a")?.newest?.content).toBe("hello");
    }
    expect(browser.drafts.kept.size).toBe(0);
  });

  test("is refused on all pages, and tried again from any", async () => {
    const first = await openOnline(roomOf("a", 0));
    const other = await open();
    const draft = other.client.send("a", "hello");
    await settle();

    first.world.socket.say({
      type: "error",
      code: "permission_denied",
      message: "No.",
      client_id: draft.client_id,
    });
    await settle();
    expect(other.client.drafts("a")).toMatchObject([{ state: "failed", reason: "No." }]);

    other.client.retry(draft.client_id);
    await settle();
    expect(first.world.socket.sentOf("message")).toHaveLength(2);
    expect(first.client.drafts("a")).toMatchObject([{ state: "pending" }]);
  });

  test("is given up on all pages", async () => {
    const first = await openOnline(roomOf("a", 0));
    const other = await open();
    const draft = other.client.send("a", "hello");
    await settle();
    const error = { type: "error" as const, code: "bad_frame", message: "No." };
    first.world.socket.say({ ...error, client_id: draft.client_id });
    await settle();

    other.client.discard(draft.client_id);
    await settle();

    expect(first.client.drafts("a")).toEqual([]);
    expect(browser.drafts.kept.size).toBe(0);
  });

  test("over HTTP is known to all pages at once", async () => {
    const first = await openOnline(roomOf("a", 0));
    const other = await open();
    first.world.socket.break();
    await settle();
    const { client_id } = other.client.send("a", "hello");
    const stored = messageOf("a", 1, { sender: "me", content: "hello", client_id });
    first.world.http.answer("POST /rooms/a/messages", 201, stored);

    await settle();

    expect(other.client.drafts("a")).toEqual([]);
    expect(seqsOf(other.client, "a")).toEqual([1]);
  });
});

describe("when the page that leads is closed", () => {
  test("another one connects, and goes on where it was", async () => {
    const first = await openOnline(roomOf("a", 0));
    const other = await open();
    first.world.socket.say(frameOf(messageOf("a", 1)));
    await settle();

    first.client.close();
    await settle();
    other.world.socket.say(welcome(roomOf("a", 3, { delivered_seq: 1 })));
    other.world.socket.say({ type: "drained", count: 0 });
    await clock.advance(0);

    expect(other.world.sockets).toHaveLength(1);
    expect(other.world.socket.sentOf("sync").map((frame) => frame.cursors)).toEqual([{ a: 1 }]);
  });

  test("what it had not got rid of is sent by the next, in order", async () => {
    const first = await openOnline(roomOf("a", 0));
    const other = await open();
    other.client.send("a", "one");
    first.client.send("a", "two");
    await settle();

    first.client.close();
    await settle();
    other.world.socket.say(welcome(roomOf("a", 0)));
    await settle();
    other.world.socket.say(ackOf(other.client, "a", 1));
    await settle();

    const sent = other.world.socket.sentOf("message");
    expect(sent.map((frame) => frame.content)).toEqual(["one", "two"]);
  });

  test("one that sleeps is replaced by a page that is looked at", async () => {
    browser.leadershipOf({}).campaign(
      "parley/me",
      () => undefined,
      () => undefined,
    );
    const page = await open();
    expect(page.world.sockets).toEqual([]);

    await clock.advance(2_000);

    expect(page.world.sockets).toHaveLength(1);
  });

  test("one that lost the lead follows", async () => {
    const first = await openOnline(roomOf("a", 0));
    const other = await open();

    browser.leadershipOf(other.world).seize("parley/me");
    await settle();
    other.world.socket.say(welcome(roomOf("a", 0)));
    await settle();
    other.world.socket.say(frameOf(messageOf("a", 1)));
    await settle();

    expect(first.world.socket.closedWith).toBe(1000);
    expect(first.client.connection.state.name).toBe("online");
    expect(seqsOf(first.client, "a")).toEqual([1]);
  });
});

describe("of one person", () => {
  test("what is read on one page is read on all, and told once", async () => {
    const first = await openOnline(roomOf("a", 0));
    const other = await open();
    first.world.attention.turn(false);
    other.client.watch("a");

    first.world.socket.say(frameOf(messageOf("a", 1)));
    await settle();
    await clock.advance(1_000);

    expect([first, other].map(({ client }) => client.room("a")?.unread)).toEqual([0, 0]);
    expect(first.world.socket.sentOf("read_receipt")).toHaveLength(1);
  });

  test("what all pages hold is told as delivered once", async () => {
    const first = await openOnline(roomOf("a", 0));
    await open();
    await open();

    first.world.socket.say(frameOf(messageOf("a", 1)));
    await settle();
    await clock.advance(1_000);

    expect(first.world.socket.sentOf("delivered")).toHaveLength(1);
  });

  test("nobody is away while one page is used", async () => {
    const first = await openOnline(roomOf("a", 0));
    const other = await open();

    first.world.usage.show(false);
    await settle();
    expect(first.world.socket.sentOf("activity")).toEqual([]);

    other.world.usage.show(false);
    await settle();
    expect(first.world.socket.sentOf("activity").map((frame) => frame.state)).toEqual(["away"]);

    other.world.usage.show(true);
    await settle();
    expect(first.world.socket.sentOf("activity").map((frame) => frame.state)).toEqual([
      "away",
      "active",
    ]);
  });

  test("the end of the session ends all pages", async () => {
    const first = await openOnline(roomOf("a", 0));
    const other = await open();

    other.client.connection.expire();
    await settle();

    expect(first.client.connection.state.name).toBe("signed_out");
    expect(other.client.connection.state.name).toBe("signed_out");
    expect(first.world.socket.closedWith).toBe(1000);
  });
});

describe("what is kept", () => {
  test("is shown by the next page before it is connected", async () => {
    const first = await openOnline(roomOf("a", 0));
    for (const seq of [1, 2]) first.world.socket.say(frameOf(messageOf("a", seq)));
    await clock.advance(250);
    first.client.close();
    await settle();

    const next = await open();

    expect(next.client.connection.state.name).toBe("connecting");
    expect(next.client.room("a")?.newest?.content).toBe("message 2");
    expect(seqsOf(next.client, "a")).toEqual([2]);
  });

  test("is not asked for again, neither as missing nor as history", async () => {
    const first = await openOnline(roomOf("a", 0));
    for (const seq of [1, 2, 3]) first.world.socket.say(frameOf(messageOf("a", seq)));
    await clock.advance(250);
    first.client.close();
    await settle();

    const next = await openOnline(roomOf("a", 3));
    await next.client.loadNewest("a");
    await clock.advance(1_000);

    expect(seqsOf(next.client, "a")).toEqual([1, 2, 3]);
    expect(next.world.socket.sentOf("sync")).toEqual([]);
    expect(next.world.http.requests).toEqual([]);
  });

  test("of a server that was set back to older data is forgotten", async () => {
    const first = await openOnline(roomOf("a", 0));
    for (const seq of [1, 2, 3]) first.world.socket.say(frameOf(messageOf("a", seq)));
    await clock.advance(250);
    first.client.close();
    await settle();

    const next = await openOnline(roomOf("a", 1));
    next.world.socket.say(frameOf(messageOf("a", 1, { content: "another life" })));
    await settle();

    expect(next.client.room("a")?.newest?.content).toBe("another life");
    await clock.advance(250);
    expect([...browser.store.held.values()].map((message) => message.content)).toEqual([
      "another life",
    ]);
  });

  test("goes with the room that one has left", async () => {
    const first = await openOnline(roomOf("a", 0));
    first.world.socket.say(frameOf(messageOf("a", 1)));
    await clock.advance(250);
    expect(browser.store.held.size).toBe(1);

    first.world.socket.say({ type: "room", ...roomOf("a", 1), removed: true });
    await clock.advance(250);

    expect(browser.store.held.size).toBe(0);
    expect(browser.store.kept.size).toBe(0);
  });
});
