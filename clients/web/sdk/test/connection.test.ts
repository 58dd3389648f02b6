import { beforeEach, describe, expect, test } from "vitest";

import type { ConnectionState, ServerFrame } from "../src";
import { Connection } from "../src/connection";
import type { RenewSession } from "../src/connection";
import { ME, World, welcome } from "./fakes";

let world: World;
let states: string[];
let session: Awaited<ReturnType<RenewSession>>;
let renewals: number;
let connection: Connection;

beforeEach(() => {
  world = new World();
  states = [];
  session = "valid";
  renewals = 0;
  connection = new Connection(world.env, ME.id, () => {
    renewals += 1;
    return Promise.resolve(session);
  });
  connection.on("state", (state) => states.push(nameOf(state)));
});

function nameOf(state: ConnectionState): string {
  return state.name === "waiting" && state.offline ? "offline" : state.name;
}

function goOnline(): void {
  connection.start();
  world.socket.say(welcome());
}

describe("opening", () => {
  test("is online only after welcome", () => {
    connection.start();

    expect(connection.isOnline).toBe(false);
    expect(connection.send({ type: "ping" })).toBe(false);

    world.socket.say(welcome());

    expect(states).toEqual(["connecting", "online"]);
    expect(connection.send({ type: "ping" })).toBe(true);
  });

  test("a welcome for somebody else, who has signed in on another page, ends it", () => {
    const heard: string[] = [];
    connection.on("frame", (frame) => heard.push(frame.type));
    connection.start();

    world.socket.say({ ...welcome(), user: { ...ME, id: "bob" } } as ServerFrame);

    expect(states).toEqual(["connecting", "signed_out"]);
    expect(heard).toEqual([]);
    expect(world.socket.closedWith).toBe(1000);
  });

  test("gives up a socket that never says welcome", async () => {
    connection.start();

    await world.clock.advance(10_000);

    expect(world.sockets[0]?.closedWith).toBe(4000);
    expect(states.at(-1)).toBe("waiting");
  });

  test("starts once, however often it is told", () => {
    connection.start();
    connection.start();

    expect(world.sockets).toHaveLength(1);
  });

  test("survives texts that are no frames and frames that nobody knows", () => {
    goOnline();

    world.socket.say({ type: "from_the_future" } as never);
    world.socket.say("not an object" as never);

    expect(connection.isOnline).toBe(true);
  });
});

describe("heartbeat", () => {
  test("pings every heartbeat_s and lives as long as it is answered", async () => {
    goOnline();

    for (let beat = 1; beat <= 3; beat += 1) {
      await world.clock.advance(30_000);
      expect(world.socket.sentOf("ping")).toHaveLength(beat);
      world.socket.say({ type: "pong", server_time: "" });
    }

    expect(connection.isOnline).toBe(true);
    expect(world.sockets).toHaveLength(1);
  });

  test("reconnects when a ping is not answered", async () => {
    goOnline();

    await world.clock.advance(30_000 + 10_000);

    expect(world.sockets[0]?.closedWith).toBe(4000);
    expect(states.at(-1)).toBe("waiting");
  });

  test("asks at once whether a connection that slept still lives", () => {
    goOnline();

    world.wake();

    expect(world.socket.sentOf("ping")).toHaveLength(1);
  });
});

describe("reconnection", () => {
  test("tries again within 2 s after a loss", async () => {
    goOnline();

    world.socket.break();
    await world.clock.advance(2_000);

    expect(world.sockets).toHaveLength(2);
  });

  test("climbs the ladder, then is offline and asks once a minute", async () => {
    connection.start();

    for (const wait of [2_000, 4_000, 8_000, 16_000, 32_000]) {
      world.socket.break();
      expect(states.at(-1)).toBe("waiting");
      const opened = world.sockets.length;
      await world.clock.advance(wait - 1);
      expect(world.sockets).toHaveLength(opened);
      await world.clock.advance(1);
      expect(world.sockets).toHaveLength(opened + 1);
    }
    world.socket.break();

    expect(states.at(-1)).toBe("offline");
    await world.clock.advance(59_999);
    expect(world.sockets).toHaveLength(6);
    await world.clock.advance(1);
    expect(world.sockets).toHaveLength(7);
  });

  test("does not wait when the network returns or the tab becomes visible", () => {
    goOnline();
    world.socket.break();

    world.wake();

    expect(world.sockets).toHaveLength(2);
  });

  test("starts the ladder anew after a welcome", async () => {
    connection.start();
    world.socket.break();
    await world.clock.advance(2_000);
    world.socket.say(welcome());

    world.socket.break();
    await world.clock.advance(2_000);

    expect(world.sockets).toHaveLength(3);
  });

  test("hears nothing more of a socket that it gave up", async () => {
    goOnline();
    await world.clock.advance(40_000);
    const [old] = world.sockets;

    old?.say(welcome());
    old?.break();

    expect(states.filter((state) => state === "waiting")).toHaveLength(1);
    expect(connection.isOnline).toBe(false);
  });

  test("stops for good when told to", async () => {
    goOnline();

    connection.stop();
    await world.clock.advance(600_000);

    expect(world.socket.closedWith).toBe(1000);
    expect(world.sockets).toHaveLength(1);
    expect(states.at(-1)).toBe("stopped");
  });
});

describe("close codes", () => {
  test("4001 renews the session once and comes back at once", async () => {
    goOnline();

    world.socket.break(4001);
    await world.clock.advance(0);

    expect(renewals).toBe(1);
    expect(world.sockets).toHaveLength(2);
  });

  test("4001 with a session that is gone signs out and stays away", async () => {
    session = "gone";
    goOnline();

    world.socket.break(4001);
    await world.clock.advance(600_000);

    expect(states.at(-1)).toBe("signed_out");
    expect(world.sockets).toHaveLength(1);
  });

  test("4001 without an answer about the session takes the ladder", async () => {
    session = "unknown";
    goOnline();

    world.socket.break(4001);
    await world.clock.advance(0);

    expect(states.at(-1)).toBe("waiting");
  });

  test("a client that stops while it renews does not come back", async () => {
    goOnline();
    world.socket.break(4001);

    connection.stop();
    await world.clock.advance(600_000);

    expect(world.sockets).toHaveLength(1);
    expect(states.at(-1)).toBe("stopped");
  });

  test("a second 4001 without a welcome between takes the ladder", async () => {
    goOnline();
    world.socket.break(4001);
    await world.clock.advance(0);

    world.socket.break(4001);
    await world.clock.advance(0);

    expect(renewals).toBe(1);
    expect(states.at(-1)).toBe("waiting");
  });

  test.each([1012, 1001])("%i comes back after the announced delay", async (code) => {
    goOnline();

    world.socket.say({ type: "reconnect", after_ms: 7_300 });
    world.socket.break(code);
    await world.clock.advance(7_299);
    expect(world.sockets).toHaveLength(1);
    await world.clock.advance(1);

    expect(world.sockets).toHaveLength(2);
  });

  test("4029 waits as long as the server said", async () => {
    goOnline();

    world.socket.say({ type: "error", code: "rate_limited", message: "", retry_after: 45 });
    world.socket.break(4029);
    await world.clock.advance(44_999);
    expect(world.sockets).toHaveLength(1);
    await world.clock.advance(1);

    expect(world.sockets).toHaveLength(2);
  });

  test("4029 without a time waits long all the same", async () => {
    goOnline();

    world.socket.break(4029);
    await world.clock.advance(29_999);

    expect(world.sockets).toHaveLength(1);
  });

  test.each([4008, 4503])("%i right after welcome keeps climbing the ladder", async (code) => {
    goOnline();

    for (const wait of [2_000, 4_000, 8_000]) {
      world.socket.break(code);
      const opened = world.sockets.length;
      await world.clock.advance(wait - 1);
      expect(world.sockets).toHaveLength(opened);
      await world.clock.advance(1);
      world.socket.say(welcome());
    }

    expect(world.sockets).toHaveLength(4);
  });

  test.each([1003, 1007, 1009])("%i is reported as a bug of the client", (code) => {
    const faults: number[] = [];
    connection.on("fault", (fault) => faults.push(fault));
    goOnline();

    world.socket.break(code);

    expect(faults).toEqual([code]);
    expect(states.at(-1)).toBe("waiting");
  });
});

describe("what is wrong", () => {
  function trouble(): string | null {
    const { state } = connection;
    return state.name === "waiting" || state.name === "connecting" ? state.trouble : null;
  }

  test("is nothing at the beginning, and nothing once there is a welcome", () => {
    connection.start();
    expect(trouble()).toBeNull();

    world.socket.break();
    connection.wake();
    world.socket.say(welcome());
    connection.stop();
    connection.start();

    expect(trouble()).toBeNull();
  });

  test("is a loss where a connection stood", () => {
    goOnline();

    world.socket.break();

    expect(trouble()).toBe("lost");
  });

  test("is a timeout where no welcome and no pong comes in time", async () => {
    connection.start();
    await world.clock.advance(10_000);
    expect(trouble()).toBe("timeout");

    connection.wake();
    world.socket.say(welcome());
    await world.clock.advance(40_000);
    expect(trouble()).toBe("timeout");
  });

  test.each([1006, 4503, 1012])("is a server that does not have us, before welcome: %d", (code) => {
    connection.start();

    world.socket.break(code);

    expect(trouble()).toBe("unavailable");
  });

  test("is too much of us where the server says so", () => {
    goOnline();

    world.socket.break(4029);

    expect(trouble()).toBe("limited");
  });

  test("is overload where the server sheds us, though the connection stood", () => {
    goOnline();

    world.socket.break(4503);

    expect(trouble()).toBe("unavailable");
  });

  test("is remembered while the next try is under way", () => {
    goOnline();
    world.socket.break();

    connection.wake();

    expect(connection.state.name).toBe("connecting");
    expect(trouble()).toBe("lost");
  });
});
