import { expect, test } from "vitest";

import { Past } from "../src/past";
import { World, messageOf } from "./fakes";

const AT = new Date("2026-03-01T00:00:00Z");

/** What the server answers to a page of room "a": these seqs, and whether there are more. */
function teach(world: World, query: string, from: number, to: number, hasMore: boolean): void {
  const messages = Array.from({ length: to - from + 1 }, (_, index) =>
    messageOf("a", from + index),
  );
  world.http.answer(`GET /rooms/a/messages?${query}`, 200, { messages, has_more: hasMore });
}

const seqsOf = (past: Past | null): number[] => (past?.messages ?? []).map(({ seq }) => seq);

test("from a day on, with a little of what was before", async () => {
  const world = new World();
  teach(world, "since=2026-03-01T00:00:00.000Z&limit=50", 501, 550, true);
  teach(world, "before=501&limit=20", 481, 500, true);

  const past = await Past.since(world.api, "a", AT);

  expect([past?.lowest, past?.highest, seqsOf(past).length]).toEqual([481, 550, 70]);
  expect([past?.hasOlder, past?.hasNewer]).toEqual([true, true]);
  expect(past?.at(501)?.seq).toBe(501);
  expect(past?.at(480)).toBeUndefined();
  expect(past?.at(551)).toBeUndefined();
});

test("where nothing was written since there is nothing", async () => {
  const world = new World();
  world.http.answer("GET /rooms/a/messages?since", 200, { messages: [], has_more: false });

  expect(await Past.since(world.api, "a", AT)).toBeNull();
});

test("it grows either way without a hole, until there is no more", async () => {
  const world = new World();
  teach(world, "before=125&limit=50", 75, 124, true);
  const past = await Past.around(world.api, "a", 100);
  teach(world, "before=75&limit=20", 55, 74, false);
  teach(world, "after=124&limit=20", 125, 130, false);

  await past.loadOlder();
  await past.loadNewer();
  const asked = world.http.requests.length;
  await past.loadOlder();
  await past.loadNewer();

  expect(seqsOf(past)).toEqual(Array.from({ length: 76 }, (_, index) => 55 + index));
  expect(world.http.requests).toHaveLength(asked);
});

test("one page is asked for at a time", async () => {
  const world = new World();
  teach(world, "before=125&limit=50", 75, 124, true);
  const past = await Past.around(world.api, "a", 100);
  teach(world, "before=75&limit=20", 55, 74, true);

  await Promise.all([past.loadOlder(), past.loadOlder()]);

  expect(past.lowest).toBe(55);
  expect(world.http.requests).toHaveLength(2);
});

test("a page that does not come leaves all as it was, and can be asked for again", async () => {
  const world = new World();
  teach(world, "before=125&limit=50", 75, 124, true);
  const past = await Past.around(world.api, "a", 100);
  world.http.answer("GET /rooms/a/messages?after=124", 503, { code: "unavailable" });

  await expect(past.loadNewer()).rejects.toMatchObject({ code: "unavailable" });
  expect(past.highest).toBe(124);

  teach(world, "after=124&limit=20", 125, 144, true);
  await past.loadNewer();
  expect(past.highest).toBe(144);
});
