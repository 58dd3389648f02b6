/** What is told of one's own keys, and who is seen to type. */
import { beforeEach, describe, expect, test } from "vitest";

import type { ChatClient } from "../src";
import { DOUBT_MS, SILENCE_MS, TELL_PAUSE_MS } from "../src/typing";
import { World, frameOf, messageOf, roomOf, settle, welcome } from "./fakes";

let world: World;
let client: ChatClient;

beforeEach(async () => {
  world = new World();
  client = await world.online(roomOf("a", 0), roomOf("b", 0));
});

/** What was told so far on this connection: `+a`, somebody types in room a; `-a`, not any more. */
function told(): string[] {
  const frames = world.socket.sentOf("typing");
  return frames.map(({ room, is_typing }) => (is_typing ? "+" : "-") + room);
}

async function reconnect(): Promise<void> {
  world.socket.break();
  await world.clock.advance(2_000);
  world.socket.say(welcome(roomOf("a", 0), roomOf("b", 0)));
  await settle();
}

describe("one's own keys", () => {
  test("are told at once, and then once in 200 ms as long as they come", async () => {
    const counts: number[] = [];
    for (let key = 0; key < 6; key += 1) {
      client.company.type("a");
      counts.push(told().length);
      await world.clock.advance(100);
    }

    expect(counts).toEqual([1, 1, 2, 2, 3, 3]);
    expect(new Set(told())).toEqual(new Set(["+a"]));
  });

  test("that came too early are told when their time comes, once", async () => {
    client.company.type("a");
    await world.clock.advance(50);
    client.company.type("a");
    client.company.type("a");
    await world.clock.advance(TELL_PAUSE_MS - 51);
    expect(told()).toEqual(["+a"]);
    await world.clock.advance(1);

    expect(told()).toEqual(["+a", "+a"]);
  });

  test("end a second after the last one", async () => {
    client.company.type("a");
    await world.clock.advance(600);
    client.company.type("a");
    await world.clock.advance(SILENCE_MS - 1);
    expect(told()).toEqual(["+a", "+a"]);
    await world.clock.advance(1);

    expect(told()).toEqual(["+a", "+a", "-a"]);
    await world.clock.advance(5_000);
    expect(told()).toHaveLength(3);
  });

  test("end at once where the text is taken back or left, and nowhere twice", async () => {
    client.company.type("a");
    client.company.stopTyping("a");
    client.company.stopTyping("a");
    client.company.stopTyping("b");
    await world.clock.advance(2_000);

    expect(told()).toEqual(["+a", "-a"]);
  });

  test("of two rooms do not wait for each other", () => {
    client.company.type("a");
    client.company.type("b");
    client.company.stopTyping("a");

    expect(told()).toEqual(["+a", "+b", "-a"]);
  });

  test("end without a word with the message, and the next ones are told anew", async () => {
    client.company.type("a");
    await world.clock.advance(100);
    client.company.type("a");
    client.send("a", "Hello");
    await world.clock.advance(2_000);
    expect(told()).toEqual(["+a"]);

    client.company.type("a");

    expect(told()).toEqual(["+a", "+a"]);
  });

  test("are told of by nobody without a connection, not even later", async () => {
    world.socket.break();
    client.company.type("a");
    await world.clock.advance(2_000);
    expect(world.sockets).toHaveLength(2);
    client.company.type("a");
    world.socket.say(welcome(roomOf("a", 0)));
    await world.clock.advance(2_000);

    expect(told()).toEqual([]);
  });

  test("go on after a reconnection with the next key, whatever was told before", async () => {
    client.company.type("a");
    await reconnect();

    client.company.type("a");

    expect(told()).toEqual(["+a"]);
  });

  test("have no end in a room that one was removed from", async () => {
    client.company.type("a");
    await world.clock.advance(50);
    client.company.type("a");

    world.socket.say({ type: "room", ...roomOf("a", 0), removed: true });
    client.company.stopTyping("a");
    await world.clock.advance(2_000);

    expect(told()).toEqual(["+a"]);
  });

  test("leave no timer behind when the client is closed", async () => {
    client.company.type("a");
    client.close();
    await world.clock.advance(2_000);

    expect(told()).toEqual(["+a"]);
  });
});

describe("the others", () => {
  let changes: string[];

  beforeEach(() => {
    changes = [];
    client.on("typing", (room) => changes.push(room));
  });

  function hear(room: string, ...users: string[]): void {
    world.socket.say({ type: "typing", room, users });
  }

  test("type where the server says so, those first who began first", () => {
    hear("a", "bob");
    hear("a", "alan", "bob");
    expect(client.company.typistsIn("a")).toEqual(["bob", "alan"]);

    hear("a", "alan");

    expect(client.company.typistsIn("a")).toEqual(["alan"]);
    expect(client.company.typistsIn("b")).toEqual([]);
    expect(changes).toEqual(["a", "a", "a"]);
  });

  test("type until the server says otherwise, which it does only when it changes", async () => {
    hear("a", "bob");
    await world.clock.advance(25_000);
    expect(client.company.typistsIn("a")).toEqual(["bob"]);

    hear("a", "bob");
    hear("a");

    expect(client.company.typistsIn("a")).toEqual([]);
    expect(changes).toEqual(["a", "a"]);
  });

  test("type no longer once their message is here; whoever else types still does", () => {
    hear("a", "bob", "carol");
    hear("b", "bob");

    world.socket.say(frameOf(messageOf("a", 1, { sender: "bob" })));

    expect(client.company.typistsIn("a")).toEqual(["carol"]);
    expect(client.company.typistsIn("b")).toEqual(["bob"]);
  });

  test("type again where the server does not take it back: that is their next message", async () => {
    hear("a", "bob");
    world.socket.say(frameOf(messageOf("a", 1, { sender: "bob" })));
    await world.clock.advance(DOUBT_MS - 1);
    expect(client.company.typistsIn("a")).toEqual([]);
    await world.clock.advance(1);

    expect(client.company.typistsIn("a")).toEqual(["bob"]);
    expect(changes).toEqual(["a", "a", "a"]);
  });

  test("do not where it does, however soon or late others begin", async () => {
    hear("a", "bob");
    world.socket.say(frameOf(messageOf("a", 1, { sender: "bob" })));
    hear("a");
    hear("a", "carol");
    await world.clock.advance(2 * DOUBT_MS);

    expect(client.company.typistsIn("a")).toEqual(["carol"]);
  });

  test("still type where a message comes late that they wrote before", () => {
    world.socket.say(frameOf(messageOf("a", 2, { sender: "carol" })));
    hear("a", "bob");

    world.socket.say(frameOf(messageOf("a", 1, { sender: "bob" })));

    expect(client.company.typistsIn("a")).toEqual(["bob"]);
  });

  test("are forgotten with the connection, and in a room that one is not in any more", () => {
    hear("a", "bob");
    hear("b", "carol");
    world.socket.say({ type: "room", ...roomOf("a", 0), removed: true });
    expect(client.company.typistsIn("a")).toEqual([]);

    world.socket.break();

    expect(client.company.typistsIn("b")).toEqual([]);
    expect(changes).toEqual(["a", "b", "a", "b"]);
  });
});
