import { beforeEach, expect, test } from "vitest";

import { ApiError } from "../src";
import type { User } from "../src";
import { People } from "../src/people";
import { FakeClock, settle } from "./fakes";

/** What the server was asked, and what it knows; `answer` may be replaced. */
class Directory {
  readonly asked: string[][] = [];
  isDown = false;
  answer: (ids: string[]) => User[] = (ids) =>
    ids.map((id) => ({ id, username: `u-${id}`, display_name: id.toUpperCase() }));

  readonly fetch = (ids: string[]): Promise<User[]> => {
    this.asked.push(ids);
    if (this.isDown) return Promise.reject(new ApiError(503, "unavailable", "Not now."));
    return Promise.resolve(this.answer(ids));
  };
}

let clock: FakeClock;
let directory: Directory;
let people: People;
let news: number;

beforeEach(() => {
  clock = new FakeClock();
  directory = new Directory();
  news = 0;
  people = new People(clock, directory.fetch, () => {
    news += 1;
  });
});

test("names that are wanted together are asked for together, once", async () => {
  for (const id of ["bob", "carol", "bob"]) expect(people.nameOf(id)).toBeUndefined();
  await clock.advance(1_000);

  expect(people.nameOf("bob")).toBe("BOB");
  expect(people.nameOf("carol")).toBe("CAROL");
  await clock.advance(600_000);
  expect(directory.asked).toEqual([["bob", "carol"]]);
  expect(news).toBe(1);
});

test("one call asks for at most 200 people", async () => {
  for (let number = 0; number < 450; number += 1) people.nameOf(`p${number}`);
  await clock.advance(1_000);

  expect(directory.asked.map((ids) => ids.length)).toEqual([200, 200, 50]);
  expect(people.nameOf("p449")).toBe("P449");
});

test("somebody without a display name is called by their username", async () => {
  directory.answer = (ids) => ids.map((id) => ({ id, username: `u-${id}`, display_name: "" }));
  people.nameOf("bob");
  await clock.advance(1_000);

  expect(people.nameOf("bob")).toBe("u-bob");
});

test("whom nobody knows is asked for once", async () => {
  directory.answer = () => [];
  people.nameOf("ghost");
  await clock.advance(1_000);

  expect(people.nameOf("ghost")).toBeNull();
  await clock.advance(600_000);
  expect(directory.asked).toHaveLength(1);
});

test("one call is on its way at a time: whoever is wanted meanwhile comes with the next", async () => {
  const calls: { ids: string[]; end: (failed: boolean) => void }[] = [];
  const fetch = (ids: string[]): Promise<User[]> =>
    new Promise((resolve, reject) => {
      const end = (failed: boolean): void => {
        if (failed) reject(new ApiError(0, "unreachable", "Nobody there."));
        else resolve([]);
      };
      calls.push({ ids, end });
    });
  people = new People(clock, fetch, () => undefined);
  people.nameOf("bob");
  await clock.advance(1_000);

  people.nameOf("carol");
  people.askNow();
  await clock.advance(1_000);
  expect(calls.map((call) => call.ids)).toEqual([["bob"]]);
  people.nameOf("dave");
  calls[0]?.end(true);
  await clock.advance(29_000);
  expect(calls).toHaveLength(1);
  await clock.advance(1_000);

  expect(calls.map((call) => call.ids)).toEqual([["bob"], ["bob", "carol", "dave"]]);
});

test("a call that failed is made again later, never in a loop", async () => {
  directory.isDown = true;
  people.nameOf("bob");
  await clock.advance(100_000);
  const tries = directory.asked.length;
  directory.isDown = false;
  await clock.advance(100_000);

  expect(tries).toBe(4);
  expect(people.nameOf("bob")).toBe("BOB");
  expect(directory.asked).toHaveLength(tries + 1);
});

test("a call that failed is made again at once where the server is back", async () => {
  directory.isDown = true;
  people.nameOf("bob");
  await clock.advance(1_000);
  directory.isDown = false;

  people.askNow();
  await settle();

  expect(people.nameOf("bob")).toBe("BOB");
});

test("who was met elsewhere is not asked for", async () => {
  people.nameOf("bob");
  people.learn([{ id: "bob", username: "bob", display_name: "Bob" }]);
  await clock.advance(1_000);

  expect(people.nameOf("bob")).toBe("Bob");
  expect(directory.asked).toEqual([]);
});

test("whom a room shows otherwise is shown so, and not asked for again", async () => {
  people.nameOf("bob");
  await clock.advance(1_000);

  people.see("bob", "Robert", "v1");
  expect([people.nameOf("bob"), people.pictureOf("bob")]).toEqual(["Robert", "v1"]);
  people.see("bob", "Robert", "v1");
  expect(news).toBe(2);
  people.see("bob", "Robert", undefined);
  expect([people.usernameOf("bob"), people.pictureOf("bob")]).toEqual(["u-bob", undefined]);
  await clock.advance(600_000);
  expect(directory.asked).toEqual([["bob"]]);
});

test("whom a room shows before they are wanted is asked for all the same", async () => {
  people.see("bob", "Robert", "v1");

  expect(people.nameOf("bob")).toBeUndefined();
  await clock.advance(1_000);
  expect(people.usernameOf("bob")).toBe("u-bob");
});

test("nothing is asked after the end", async () => {
  people.nameOf("bob");
  people.close();
  await clock.advance(600_000);

  expect(directory.asked).toEqual([]);
});
