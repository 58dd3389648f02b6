/** Whether somebody is at this device, and what the server hears of it. */
import { beforeEach, describe, expect, test } from "vitest";

import type { ChatClient } from "../src";
import { frameOf, messageOf, roomOf, settle, welcome, World } from "./fakes";

const MINUTE = 60_000;

let world: World;

beforeEach(() => {
  world = new World();
});

/** What was told on this connection. */
function told(): string[] {
  return world.socket.sentOf("activity").map((frame) => frame.state);
}

/** Let time pass on a connection that lives. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await world.clock.advance(Math.min(left, 10_000));
    world.socket.say({ type: "pong", server_time: "" });
  }
}

describe("whoever is at the device", () => {
  test("is away after five minutes without a touch, and back with the next one", async () => {
    await world.online();

    await pass(5 * MINUTE - 1);
    expect(told()).toEqual([]);
    await pass(1);
    expect(told()).toEqual(["away"]);
    await pass(30 * MINUTE);
    world.usage.use();

    expect(told()).toEqual(["away", "active"]);
  });

  test("is away as long as the page is out of sight", async () => {
    await world.online();

    world.usage.show(false);
    world.usage.use();
    expect(told()).toEqual(["away"]);
    world.usage.show(true);

    expect(told()).toEqual(["away", "active"]);
  });

  test("is told of every four minutes while they do something, however much", async () => {
    await world.online();

    for (let touch = 0; touch < 4 * 60; touch += 1) {
      world.usage.use();
      await pass(1_000);
    }
    expect(told()).toEqual(["active"]);
    for (let touch = 0; touch < 8 * 60; touch += 1) {
      world.usage.use();
      await pass(1_000);
    }

    expect(told()).toEqual(["active", "active", "active"]);
  });

  test("is never silent for as long as the server takes for away, though touches are rare", async () => {
    await world.online();
    const times = [world.clock.now()];

    for (let second = 0; second < 60 * 60; second += 10) {
      if (second % 290 === 0) world.usage.use();
      const before = told().length;
      await pass(10_000);
      if (told().length > before) times.push(world.clock.now());
    }

    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(told()).not.toContain("away");
    expect(Math.max(...pauses)).toBeLessThan(6 * MINUTE - 15_000);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(4 * MINUTE);
  });

  test("is told of no more once the client is closed", async () => {
    const client = await world.online();
    client.close();

    world.usage.show(false);
    await world.clock.advance(10 * MINUTE);

    expect(told()).toEqual([]);
  });
});

describe("a new connection", () => {
  async function reconnect(): Promise<void> {
    world.socket.break();
    await world.clock.advance(2_000);
    world.socket.say(welcome());
    await settle();
  }

  test("begins as active, so only away is told again", async () => {
    await world.online();
    await reconnect();
    expect(told()).toEqual([]);

    world.usage.show(false);
    await reconnect();

    expect(told()).toEqual(["away"]);
  });

  test("of a page that was opened out of sight begins with away", async () => {
    world.usage.show(false);

    await world.online();

    expect(told()).toEqual(["away"]);
  });

  test("hears at once of who came back while there was none: it begins as active", async () => {
    await world.online();
    world.usage.show(false);
    world.socket.break();
    world.usage.show(true);
    await world.clock.advance(2_000);
    world.socket.say(welcome());

    expect(told()).toEqual([]);
  });
});

describe("away holds", () => {
  async function awayIn(room: string): Promise<ChatClient> {
    const client = await world.online(roomOf(room, 0));
    client.watch(room);
    await pass(5 * MINUTE);
    return client;
  }

  test("when a message is read because it stands on a screen before which nobody sits", async () => {
    await awayIn("a");

    world.socket.say(frameOf(messageOf("a", 1)));

    expect(world.socket.sent.slice(-2).map((frame) => frame.type)).toEqual([
      "read_receipt",
      "activity",
    ]);
    expect(told()).toEqual(["away", "away"]);
  });

  test("when a message goes that nobody sends now", async () => {
    const client = await awayIn("a");

    client.send("a", "It is six o'clock");
    await settle();

    expect(told()).toEqual(["away", "away"]);
  });

  test("and whoever is there is not told of with each message", async () => {
    const client = await world.online(roomOf("a", 0));
    client.watch("a");

    world.socket.say(frameOf(messageOf("a", 1)));
    client.send("a", "Hello");
    await settle();

    expect(told()).toEqual([]);
  });
});
