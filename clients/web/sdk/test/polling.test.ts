import { beforeEach, describe, expect, test } from "vitest";

import type { ChatClient, ServerFrame, SyncAnswer } from "../src";
import { ME, World, frameOf, messageOf, roomOf, seqsOf, settle, welcome } from "./fakes";

let world: World;
let client: ChatClient;

beforeEach(async () => {
  world = new World();
  client = await world.online(roomOf("a", 0));
  world.socket.say(frameOf(messageOf("a", 1, { sender: "me" })));
});

const NOTHING: SyncAnswer = { messages: [], statuses: [], rooms: [], changed: [] };

function answer(changes: Partial<SyncAnswer>): void {
  world.http.answer("POST /sync", 200, { ...NOTHING, ...changes });
}

const polls = () => world.http.requests.filter(({ path }) => path === "/sync");

/** No WebSocket gets through any more: five tries, and what is waited between them. */
async function goOffline(): Promise<void> {
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    world.socket.break();
    if (attempt <= 5) await world.clock.advance(2 ** attempt * 1_000);
  }
  await settle();
}

describe("without a WebSocket", () => {
  test("nothing is asked for over HTTP before the fifth try was in vain", async () => {
    world.socket.break();
    await world.clock.advance(2_000);
    world.socket.break();
    await settle();

    expect(polls()).toEqual([]);
  });

  test("what is written meanwhile is there, and reported as received", async () => {
    answer({ messages: [messageOf("a", 2)] });
    world.http.answer("POST /rooms/a/receipts", 202, {});

    await goOffline();

    expect(seqsOf(client, "a")).toEqual([1, 2]);
    expect(polls()[0]?.body).toMatchObject({ cursors: { a: 1 }, versions: { a: 1 }, wait_s: 0 });
    await world.clock.advance(1_000);
    expect(polls()[1]?.body).toMatchObject({ cursors: { a: 2 }, wait_s: 25 });
    const told = world.http.requests.find(({ path }) => path === "/rooms/a/receipts");
    expect(told?.body).toEqual({ delivered_seq: 2 });
  });

  test("watermarks move, and what is known of them is not told again", async () => {
    answer({
      statuses: [
        {
          room: "a",
          lowest: [{ user: "bob", delivered_seq: 1, read_seq: 1 }],
          delivered_seq: 1,
          read_seq: 1,
          marks_version: 7,
        },
      ],
    });

    await goOffline();
    await world.clock.advance(1_000);

    expect(client.room("a")?.progress(1)).toBe("read");
    expect(polls()[1]?.body).toMatchObject({ marks: { a: 7 } });
  });

  test("rooms come and go", async () => {
    const { id, ...rest } = roomOf("b", 0);
    answer({ changed: [{ id, ...rest }] });
    await goOffline();
    expect(client.room("b")?.id).toBe("b");

    answer({ changed: [{ id: "a", version: 9, removed: true } as SyncAnswer["changed"][number]] });
    await world.clock.advance(1_000);

    expect(client.room("a")).toBeUndefined();
  });

  test("a server that answers nothing at all is asked ever more slowly", async () => {
    await goOffline();

    const before = polls().length;
    await world.clock.advance(20_000);

    expect(before).toBe(1);
    expect(polls().length).toBeLessThanOrEqual(5);
  });

  test("a server that has no time yet is asked when it says", async () => {
    world.http.answer("POST /sync", 429, { code: "rate_limited", retry_after: 30 });
    await goOffline();

    await world.clock.advance(29_000);
    expect(polls()).toHaveLength(1);
    await world.clock.advance(2_000);

    expect(polls()).toHaveLength(2);
  });

  test("whoever was signed out elsewhere is signed out here, on all pages", async () => {
    const follower = new World(world.browser, world.clock).client();
    follower.start();
    await settle();
    world.http.answer("POST /sync", 401, { code: "unauthenticated", detail: "No." });
    world.http.answer("GET /auth/session", 401, { code: "unauthenticated", detail: "No." });

    await goOffline();

    const states = [client, follower].map(({ connection }) => connection.state.name);
    expect(states).toEqual(["signed_out", "signed_out"]);
  });

  test("an access token that is over is renewed, and the server asked again", async () => {
    world.http.answer("POST /sync", 401, { code: "unauthenticated", detail: "No." });
    world.http.answer("GET /auth/session", 200, { user: ME, csrf_token: "t" });
    await goOffline();
    answer({ messages: [messageOf("a", 2)] });

    await world.clock.advance(10_000);

    expect(client.connection.state.name).not.toBe("signed_out");
    expect(seqsOf(client, "a")).toEqual([1, 2]);
  });

  test("what waits to be sent goes when the server answers again", async () => {
    await goOffline();
    client.send("a", "hello");
    await world.clock.advance(15_000);
    expect(client.drafts("a").map(({ state }) => state)).toEqual(["failed"]);

    answer({});
    const draft = client.drafts("a")[0];
    world.http.answer("POST /rooms/a/messages", 201, {
      ...messageOf("a", 2, { sender: "me", content: "hello" }),
      client_id: draft?.client_id,
    });
    await world.clock.advance(20_000);

    expect(client.drafts("a")).toEqual([]);
    expect(seqsOf(client, "a")).toEqual([1, 2]);
  });
});

describe("with a WebSocket again", () => {
  test("no more calls are made, and an answer that comes late does no harm", async () => {
    answer({ messages: [messageOf("a", 2)] });
    await goOffline();
    client.connection.wake();
    world.socket.say(welcome(roomOf("a", 2, { delivered_seq: 1 })));
    world.socket.say(frameOf(messageOf("a", 3)));
    await settle();
    const before = polls().length;

    await world.clock.advance(60_000);

    expect(polls()).toHaveLength(before);
    expect(seqsOf(client, "a").slice(-2)).toEqual([2, 3]);
  });
});

describe("where no WebSocket has ever come through", () => {
  test("HTTP is asked after the third try, and all pages know that the server has told", async () => {
    world = new World();
    client = world.client();
    const other = new World(world.browser, world.clock).client();
    const told: string[] = [];
    client.on("synced", () => told.push("the one that leads"));
    other.on("synced", () => told.push("the other"));
    answer({ changed: [roomOf("a", 0)] });
    client.start();
    await settle();
    other.start();
    await settle();

    for (const waitMs of [2_000, 4_000]) {
      world.socket.break();
      await world.clock.advance(waitMs);
    }
    expect(polls()).toEqual([]);
    world.socket.break();
    await settle();

    expect(polls()).toHaveLength(1);
    expect(told).toEqual(["the one that leads", "the other"]);
    expect(other.room("a")?.id).toBe("a");
  });

  test("what waited when the first answer came is no news, and what is begun afterwards is", async () => {
    world = new World();
    client = world.client();
    const other = new World(world.browser, world.clock).client();
    const news: string[] = [];
    for (const page of [client, other])
      page.on("message", ({ room, seq }) => news.push(`${room}${seq}`));
    const waiting = [messageOf("a", 1), messageOf("a", 2)];
    answer({ changed: [roomOf("a", 2, { delivered_seq: 0 })], messages: waiting });
    for (const page of [client, other]) page.start();
    await settle();
    for (const waitMs of [2_000, 4_000]) {
      world.socket.break();
      await world.clock.advance(waitMs);
    }
    world.socket.break();
    await settle();
    expect(seqsOf(client, "a")).toEqual([1, 2]);
    expect(news).toEqual([]);

    answer({ changed: [roomOf("b", 1, { delivered_seq: 0 })], messages: [messageOf("b", 1)] });
    await world.clock.advance(1_000);

    expect(news).toEqual(["b1", "b1"]);
  });
});

test("the other pages of the browser hear of it too", async () => {
  const other = new World(world.browser, world.clock);
  const follower = other.client();
  follower.start();
  await settle();
  const heard: ServerFrame["type"][] = [];
  follower.connection.on("frame", (frame) => heard.push(frame.type));
  answer({ messages: [messageOf("a", 2)] });

  await goOffline();

  expect(heard).toContain("message");
  expect(follower.room("a")?.head).toBe(2);
  expect(other.http.requests.filter(({ path }) => path === "/sync")).toEqual([]);
});
