import { beforeEach, describe, expect, test } from "vitest";

import type { ConnectionState } from "../src";
import { Connection } from "../src/connection";
import { ME, World, welcome } from "./fakes";

let world: World;
let states: string[];
let connection: Connection;

beforeEach(() => {
  world = new World();
  states = [];
  connection = new Connection(world.env, ME.id, () => Promise.resolve("valid"));
  connection.on("state", (state) => states.push(nameOf(state)));
});

function nameOf(state: ConnectionState): string {
  return state.name === "waiting" && state.offline ? "offline" : state.name;
}

function goOnline(): void {
  connection.start();
  world.socket.say(welcome());
}

describe("a network that the device reports as lost", () => {
  test("is offline when the server gives no sign of life within 2 s", async () => {
    goOnline();

    world.network(false);
    expect(world.socket.sentOf("ping")).toHaveLength(1);
    await world.clock.advance(1_999);
    expect(states.at(-1)).toBe("online");
    await world.clock.advance(1);

    expect(world.sockets[0]?.closedWith).toBe(4000);
    expect(states.at(-1)).toBe("offline");
  });

  test("changes nothing where the server answers all the same", async () => {
    goOnline();

    world.network(false);
    await world.clock.advance(1_000);
    world.socket.say({ type: "pong", server_time: "" });
    await world.clock.advance(20_000);

    expect(states).toEqual(["connecting", "online"]);
    expect(world.sockets).toHaveLength(1);
  });

  test("is not given more time because the tab becomes visible", async () => {
    goOnline();

    world.network(false);
    world.wake();
    await world.clock.advance(2_000);

    expect(states.at(-1)).toBe("offline");
  });

  test("cuts the waiting for a welcome short", async () => {
    connection.start();

    world.network(false);
    await world.clock.advance(2_000);

    expect(states.at(-1)).toBe("offline");
  });

  test("turns a wait between two tries into an offline one", async () => {
    goOnline();
    world.socket.break();

    world.network(false);
    await world.clock.advance(59_999);

    expect(states).toEqual(["connecting", "online", "waiting", "offline"]);
    expect(world.sockets).toHaveLength(1);
  });

  test("is asked once a minute, should the device be wrong", async () => {
    goOnline();
    world.network(false);
    await world.clock.advance(2_000);

    await world.clock.advance(60_000);
    world.socket.say(welcome());

    expect(world.sockets).toHaveLength(2);
    expect(states.at(-1)).toBe("online");
  });

  test("is tried at once when it is back, and then by the quick steps of the ladder", async () => {
    goOnline();
    world.network(false);
    await world.clock.advance(2_000);

    world.network(true);
    expect(world.sockets).toHaveLength(2);
    world.socket.break();
    expect(states.at(-1)).toBe("waiting");
    await world.clock.advance(2_000);

    expect(world.sockets).toHaveLength(3);
  });

  test("is nobody's business any more after the end", async () => {
    goOnline();

    connection.stop();
    world.network(false);
    world.network(true);
    await world.clock.advance(60_000);

    expect(states).toEqual(["connecting", "online", "stopped"]);
  });
});
