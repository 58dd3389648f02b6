import { beforeEach, describe, expect, test } from "vitest";

import type { ChatClient, Draft } from "../src";
import { World, frameOf, messageOf, roomOf, seqsOf, settle, welcome } from "./fakes";

let world: World;
let client: ChatClient;

beforeEach(async () => {
  world = new World();
  client = await world.online(roomOf("a", 0), roomOf("b", 0));
});

function ack(draft: Draft, seq: number): void {
  world.socket.say({
    type: "ack",
    client_id: draft.client_id,
    room: draft.room,
    id: `${draft.room}.${seq}`,
    seq,
    created_at: "2026-01-01T00:00:00.000Z",
    status: "sent",
    duplicate: false,
  });
}

function refuse(draft: Draft, code: string, retryAfter?: number): void {
  world.socket.say({
    type: "error",
    code,
    message: "No.",
    client_id: draft.client_id,
    ...(retryAfter !== undefined && { retry_after: retryAfter }),
  });
}

const states = (room: string): string[] => client.drafts(room).map((draft) => draft.state);
const contentsSent = (): string[] => world.socket.sentOf("message").map((frame) => frame.content);
const posts = () => world.http.requests.filter((request) => request.method === "POST");

describe("sending", () => {
  test("shows a draft at once, keeps it, and turns it into a message by its ack", async () => {
    const draft = client.send("a", "hello");
    expect(states("a")).toEqual(["pending"]);
    await settle();
    expect([...world.drafts.kept.keys()]).toEqual([draft.client_id]);

    ack(draft, 1);

    expect(states("a")).toEqual([]);
    expect(seqsOf(client, "a")).toEqual([1]);
    expect(client.room("a")?.log.newest?.content).toBe("hello");
    expect(world.drafts.kept.size).toBe(0);
  });

  test("keeps the order of typing: the next one goes when the last one is acknowledged", async () => {
    const first = client.send("a", "one");
    client.send("a", "two");
    await settle();
    expect(contentsSent()).toEqual(["one"]);

    ack(first, 1);

    expect(contentsSent()).toEqual(["one", "two"]);
  });

  test("one room does not wait for another", async () => {
    client.send("a", "one");
    client.send("b", "two");
    await settle();

    expect(contentsSent()).toEqual(["one", "two"]);
  });

  test("a message that comes back settles its draft like an ack", async () => {
    const draft = client.send("a", "hello");
    await settle();

    const { client_id, content } = draft;
    world.socket.say(frameOf(messageOf("a", 1, { sender: "me", client_id, content })));

    expect(states("a")).toEqual([]);
    expect(seqsOf(client, "a")).toEqual([1]);
  });

  test("a message of another device that says something else settles nothing", async () => {
    const { client_id } = client.send("a", "hello");
    await settle();

    world.socket.say(frameOf(messageOf("a", 1, { sender: "me", client_id, content: "other" })));

    expect(states("a")).toEqual(["pending"]);
  });

  test("an ack above a hole waits for the hole like any message", async () => {
    const draft = client.send("a", "hello");
    await settle();

    ack(draft, 2);
    expect(seqsOf(client, "a")).toEqual([]);
    world.socket.say(frameOf(messageOf("a", 1)));

    expect(seqsOf(client, "a")).toEqual([1, 2]);
  });

  test("what oneself wrote stays in sight above a hole, and is nothing unread", async () => {
    const draft = client.send("a", "hello");
    await settle();

    world.socket.say(frameOf(messageOf("a", 3)));
    ack(draft, 2);

    const room = client.room("a");
    expect(room?.shown.map((message) => message.seq)).toEqual([2]);
    expect(room?.newest?.seq).toBe(2);
    expect(room?.unread).toBe(2);
  });
});

describe("trying again", () => {
  test("a missing ack is answered over HTTP with the same client_id", async () => {
    const draft = client.send("a", "hello");
    world.http.answer(
      "POST /rooms/a/messages",
      200,
      messageOf("a", 1, { sender: "me", client_id: draft.client_id, content: "hello" }),
    );

    await world.clock.advance(5_000);

    expect(posts().map((post) => post.body)).toEqual([
      { client_id: draft.client_id, content: "hello" },
    ]);
    expect(states("a")).toEqual([]);
    expect(seqsOf(client, "a")).toEqual([1]);
  });

  test("goes three more times as retry with backoff, then has failed for now", async () => {
    const draft = client.send("a", "hello");
    for (let second = 0; second < 40; second += 1) {
      await world.clock.advance(1_000);
      world.socket.say({ type: "pong", server_time: "" });
    }

    expect(world.socket.sentOf("message")).toHaveLength(1);
    expect(world.socket.sentOf("retry").map((frame) => frame.attempt)).toEqual([1, 2, 3]);
    const ids = [...world.socket.sentOf("message"), ...world.socket.sentOf("retry")];
    expect(new Set(ids.map((frame) => frame.client_id))).toEqual(new Set([draft.client_id]));
    expect(client.drafts("a")).toMatchObject([{ state: "failed", goes_again: true }]);
  });

  test("what neither the socket nor chat takes is left to the queue service", async () => {
    world.http.answer("POST /rooms/a/messages", 503, { code: "unavailable" });
    world.http.answer("POST /queue/outgoing", 202, {});
    const draft = client.send("a", "hello");
    await settle();

    refuse(draft, "unavailable");
    await settle();

    expect(client.drafts("a")).toMatchObject([{ state: "queued", is_held: true }]);
    expect(posts().at(-1)?.body).toEqual({
      room: "a",
      client_id: draft.client_id,
      content: "hello",
    });
    ack(draft, 1);
    expect(states("a")).toEqual([]);
    expect(seqsOf(client, "a")).toEqual([1]);
  });

  test("behind what is only queued nothing goes to chat", async () => {
    world.http.answer("POST /rooms/a/messages", 503, { code: "unavailable" });
    world.http.answer("POST /queue/outgoing", 202, {});
    refuse(client.send("a", "one"), "unavailable");
    await settle();
    const first = client.drafts("a")[0];
    if (first?.state === "pending") refuse(first, "unavailable");
    await settle();

    client.send("a", "two");
    await settle();

    expect(states("a")).toEqual(["queued", "queued"]);
    expect(contentsSent()).toEqual(["one"]);
    expect(posts().at(-1)).toMatchObject({ path: "/queue/outgoing", body: { content: "two" } });
  });

  test("what is queued goes to chat again, in order, when a connection begins", async () => {
    world.http.answer("POST /rooms/a/messages", 503, { code: "unavailable" });
    world.http.answer("POST /queue/outgoing", 202, {});
    world.socket.break();
    client.send("a", "one");
    client.send("a", "two");
    await settle();
    expect(states("a")).toEqual(["queued", "queued"]);

    await world.clock.advance(2_000);
    world.socket.say(welcome(roomOf("a", 0), roomOf("b", 0)));
    await settle();

    expect(contentsSent()).toEqual(["one"]);
    expect(client.drafts("a")).toMatchObject([{ state: "pending" }, { state: "pending" }]);
  });

  test("what the queue holds is not handed over twice, and rests when chat still cannot", async () => {
    world.http.answer("POST /rooms/a/messages", 503, { code: "unavailable" });
    world.http.answer("POST /queue/outgoing", 202, {});
    world.socket.break();
    client.send("a", "one");
    await settle();

    await world.clock.advance(30_000);

    expect(states("a")).toEqual(["queued"]);
    expect(posts().filter((post) => post.path === "/queue/outgoing")).toHaveLength(1);
    expect(posts().filter((post) => post.path === "/rooms/a/messages")).toHaveLength(2);
  });

  test("what the queue gave up has failed, until an ack comes after all", async () => {
    world.http.answer("POST /rooms/a/messages", 503, { code: "unavailable" });
    world.http.answer("POST /queue/outgoing", 202, {});
    world.socket.break();
    const draft = client.send("a", "one");
    await settle();
    await world.clock.advance(2_000);

    world.socket.say(welcome(roomOf("a", 0)));
    const { client_id } = draft;
    world.socket.say({ type: "failed", client_id, room: "a", code: "bad_frame", message: "No." });
    expect(client.drafts("a")).toMatchObject([{ state: "failed", reason: "No." }]);
    expect(client.drafts("a")[0]?.goes_again).toBeUndefined();

    ack(draft, 1);
    expect(states("a")).toEqual([]);
  });

  test("that the queue does not know of a room yet says nothing about the message", async () => {
    world.http.answer("POST /rooms/a/messages", 503, { code: "unavailable" });
    world.http.answer("POST /queue/outgoing", 403, { code: "permission_denied" });
    const draft = client.send("a", "hello");
    await settle();

    refuse(draft, "unavailable");
    await world.clock.advance(1_000);

    expect(states("a")).toEqual(["pending"]);
    expect(world.socket.sentOf("retry").map((frame) => frame.attempt)).toEqual([1]);
  });

  test("a reconnection sends message again with the same client_id, in order", async () => {
    const first = client.send("a", "one");
    const second = client.send("a", "two");
    await settle();
    world.socket.break();
    await world.clock.advance(2_000);

    world.socket.say(welcome(roomOf("a", 0), roomOf("b", 0)));
    expect(contentsSent()).toEqual(["one"]);
    ack(first, 1);

    expect(world.socket.sentOf("message").map((frame) => frame.client_id)).toEqual([
      first.client_id,
      second.client_id,
    ]);
  });

  test("what ran out of tries goes by itself when the server is back", async () => {
    client.send("a", "hello");
    world.socket.break();
    for (let second = 0; second < 12; second += 1) {
      await world.clock.advance(1_000);
      if (world.sockets.length > 1) world.socket.break();
    }
    expect(states("a")).toEqual(["failed"]);

    world.wake();
    world.socket.say(welcome(roomOf("a", 0), roomOf("b", 0)));

    expect(contentsSent()).toEqual(["hello"]);
    expect(states("a")).toEqual(["pending"]);
  });

  test("what ran out of tries goes by itself where the connection never broke", async () => {
    const draft = client.send("a", "hello");
    for (const attempt of [0, 1, 2, 3]) {
      await settle();
      expect(world.socket.sentOf("retry")).toHaveLength(attempt);
      refuse(draft, "unavailable");
      await world.clock.advance(attempt < 3 ? 1_000 * 2 ** attempt : 0);
    }
    expect(states("a")).toEqual(["failed"]);
    world.wake();
    world.socket.say({ type: "pong", server_time: "" });

    await world.clock.advance(29_000);
    expect(contentsSent()).toHaveLength(1);
    world.socket.say({ type: "pong", server_time: "" });
    await world.clock.advance(1_000);

    expect(contentsSent()).toEqual(["hello", "hello"]);
    expect(states("a")).toEqual(["pending"]);
  });

  test("where the first ran out of tries the rest of the room waits behind it", async () => {
    client.send("a", "one");
    client.send("a", "two");
    world.socket.break();
    for (let second = 0; second < 12; second += 1) {
      await world.clock.advance(1_000);
      if (world.sockets.length > 1) world.socket.break();
    }
    expect(states("a")).toEqual(["failed", "failed"]);

    client.send("a", "three");
    await settle();

    expect(states("a")).toEqual(["pending", "pending", "pending"]);
    expect(posts().at(-1)?.body).toMatchObject({ content: "one" });
    expect(posts().every((post) => JSON.stringify(post.body).includes("one"))).toBe(true);
  });

  test("without a network nothing is tried, and nothing fails", async () => {
    world.network(false);
    await world.clock.advance(2_000);

    client.send("a", "hello");
    await world.clock.advance(30_000);
    expect(states("a")).toEqual(["pending"]);
    expect(posts()).toEqual([]);

    world.network(true);
    world.socket.say(welcome(roomOf("a", 0), roomOf("b", 0)));
    await settle();
    expect(contentsSent()).toEqual(["hello"]);
  });

  test("what was tried as the network went waits for it", async () => {
    client.send("a", "hello");
    await settle();
    world.network(false);

    await world.clock.advance(60_000);
    expect(states("a")).toEqual(["pending"]);

    world.network(true);
    await settle();
    expect(posts().length).toBeGreaterThan(0);
  });

  test("without a connection HTTP carries the message", async () => {
    world.socket.break();
    const { client_id } = client.send("a", "hello");
    world.http.answer(
      "POST /rooms/a/messages",
      201,
      messageOf("a", 1, { sender: "me", content: "hello", client_id }),
    );
    await settle();

    expect(states("a")).toEqual([]);
    expect(seqsOf(client, "a")).toEqual([1]);
  });

  test("rate_limited waits as long as it says and counts as no try", async () => {
    const draft = client.send("a", "hello");
    await settle();

    refuse(draft, "rate_limited", 3);
    await world.clock.advance(2_999);
    expect(contentsSent()).toHaveLength(1);
    await world.clock.advance(1);

    expect(contentsSent()).toHaveLength(2);
    expect(world.socket.sentOf("retry")).toEqual([]);
  });

  test("unavailable is tried again, not given up", async () => {
    const draft = client.send("a", "hello");
    await settle();

    refuse(draft, "unavailable", 1);
    await world.clock.advance(1_000);

    expect(world.socket.sentOf("retry").map((frame) => frame.attempt)).toEqual([1]);
    expect(states("a")).toEqual(["pending"]);
  });
});

describe("refusal", () => {
  test("is final until the person tries again, and lets the next one pass", async () => {
    const first = client.send("a", "one");
    const second = client.send("a", "two");
    await settle();

    refuse(first, "permission_denied");
    expect(states("a")).toEqual(["failed", "pending"]);
    expect(client.drafts("a")[0]?.reason).toBe("No.");
    expect(contentsSent()).toEqual(["one", "two"]);
    ack(second, 1);

    client.retry(first.client_id);
    await settle();
    expect(contentsSent()).toEqual(["one", "two", "one"]);
  });

  test("survives a reconnection without being sent again", async () => {
    const draft = client.send("a", "hello");
    await settle();
    refuse(draft, "bad_frame");
    world.socket.break();
    await world.clock.advance(2_000);

    world.socket.say(welcome(roomOf("a", 0)));

    expect(contentsSent()).toEqual([]);
    expect(states("a")).toEqual(["failed"]);
  });

  test("can be thrown away", async () => {
    const draft = client.send("a", "hello");
    await settle();
    refuse(draft, "bad_frame");

    client.discard(draft.client_id);

    expect(states("a")).toEqual([]);
  });
});

test("drafts that an earlier page left behind are sent by the next one", async () => {
  const earlier = client.send("a", "from before");
  await settle();
  client.close();
  const next = world.client();

  next.start();
  await settle();
  world.socket.say(welcome(roomOf("a", 0)));

  expect(world.socket.sentOf("message").map((frame) => frame.client_id)).toEqual([
    earlier.client_id,
  ]);
});

test("a store that fails stops no message", async () => {
  world.drafts.put = () => Promise.reject(new Error("private window"));

  client.send("a", "hello");
  await settle();

  expect(contentsSent()).toEqual(["hello"]);
});
