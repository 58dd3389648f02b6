/**
 * Feature: whatsapp-messaging-fix, Property 17: Chat Loading Behavior
 * Feature: whatsapp-messaging-fix, Property 13: Chat History Pagination
 *
 * However long a room is: it opens with its newest fifty, and from there on each wish for more brings
 * the twenty above, once, until the beginning.
 */
import fc from "fast-check";
import { expect, test } from "vitest";

import { Api, ChatClient } from "../src";
import { ME, World, seqsOf } from "./fakes";
import { Server } from "./server";

const FIRST = 50;
const NEXT = 20;
const never = (): boolean => false;
const CALM = {
  isDown: false,
  losesFrame: never,
  losesAnswer: never,
  delays: never,
  doubles: never,
};

/** A page that was welcomed to a room with so many messages, all of which this person has had. */
async function opened(size: number): Promise<{ client: ChatClient; limits: number[] }> {
  const world = new World();
  const server = new Server(world.clock, CALM);
  for (let seq = 1; seq <= size; seq += 1) server.write("a");
  server.marks.set("a", { delivered: size, read: size });
  const limits: number[] = [];
  const api = new Api((input, init) => {
    const limit = /&limit=(\d+)$/.exec(input as string)?.[1];
    if (limit !== undefined) limits.push(Number(limit));
    return server.fetch(input, init);
  }, world.clock);
  world.env.openTransport = (events) => server.open(events, world);
  const client = new ChatClient(world.env, api, ME);
  client.start();
  await world.clock.advance(3_000);
  return { client, limits };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

test("a room opens with its newest fifty, and each further page has the twenty above", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.nat(240), fc.constantFrom(1, 49, 50, 51, 69, 70, 71)),
      fc.integer({ min: 1, max: 3 }),
      async (size, wishes) => {
        const { client, limits } = await opened(size);

        await client.loadNewest("a");
        let lowest = Math.max(1, size - FIRST + 1);
        expect(seqsOf(client, "a")).toEqual(range(lowest, size));
        while (client.room("a")?.log.hasOlder) {
          await Promise.all(range(1, wishes).map(() => client.loadOlder("a")));
          expect(seqsOf(client, "a")[0]).toBe(Math.max(1, lowest - NEXT));
          lowest = Math.max(1, lowest - NEXT);
        }

        expect(seqsOf(client, "a")).toEqual(range(1, size));
        expect(limits.slice(1).filter((limit) => limit !== NEXT)).toEqual([]);
        expect(limits).toHaveLength(Math.ceil(Math.max(0, size - FIRST) / NEXT) + Number(size > 1));
        client.close();
      },
    ),
    { numRuns: 150 },
  );
});
