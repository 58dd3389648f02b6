import { expect, test } from "vitest";

import type { ChatClient } from "../src";
import { World, frameOf, messageOf, roomOf, seqsOf } from "./fakes";

/** A client in room "a" with these many messages, of which it holds the newest. */
async function holdingTheNewestOf(world: World, count: number): Promise<ChatClient> {
  const client = await world.online(roomOf("a", count));
  await world.clock.advance(0);
  world.socket.say(frameOf(messageOf("a", count)));
  return client;
}

function teachPage(world: World, before: number, limit: number): void {
  const from = Math.max(1, before - limit);
  world.http.answer(`GET /rooms/a/messages?before=${before}&limit=${limit}`, 200, {
    messages: Array.from({ length: before - from }, (_, index) => messageOf("a", from + index)),
    has_more: from > 1,
  });
}

test("opening a room loads what is missing of the newest fifty, scrolling up twenty", async () => {
  const world = new World();
  const client = await holdingTheNewestOf(world, 200);
  teachPage(world, 200, 49);
  teachPage(world, 151, 20);

  await client.loadNewest("a");
  expect(seqsOf(client, "a")).toHaveLength(50);
  await Promise.all([client.loadOlder("a"), client.loadOlder("a")]);

  expect(seqsOf(client, "a")).toHaveLength(70);
  expect(world.http.requests).toHaveLength(2);
});

test("opening a room loads down to the first unread message", async () => {
  const world = new World();
  const client = await holdingTheNewestOf(world, 400);
  teachPage(world, 400, 49);
  teachPage(world, 351, 100);
  teachPage(world, 251, 100);

  await client.loadNewest("a", 200);

  expect(seqsOf(client, "a")[0]).toBe(151);
});

test("a first unread message that is too far back is not gone for", async () => {
  const world = new World();
  const client = await holdingTheNewestOf(world, 800);
  teachPage(world, 800, 49);

  await client.loadNewest("a", 300);

  expect(seqsOf(client, "a")).toHaveLength(50);
  expect(world.http.requests).toHaveLength(1);
});

test("a page that brings nothing ends the way back", async () => {
  const world = new World();
  const client = await holdingTheNewestOf(world, 400);
  teachPage(world, 400, 49);
  world.http.answer("GET /rooms/a/messages?before=351", 200, { messages: [], has_more: true });

  await client.loadNewest("a", 200);

  expect(world.http.requests).toHaveLength(2);
});
