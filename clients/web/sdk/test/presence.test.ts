/** Whether people are there, as far as the server tells. */
import { beforeEach, expect, test } from "vitest";

import type { ChatClient, PersonPresence } from "../src";
import { World, roomOf, settle, welcome } from "./fakes";

const SEEN = "2026-01-15T12:00:00.000Z";

let world: World;
let client: ChatClient;
let changes: (readonly string[])[];

beforeEach(async () => {
  world = new World();
  client = await world.online(roomOf("a", 0));
  changes = [];
  client.on("presence", (users) => changes.push(users));
});

function of(id: string, status: PersonPresence["status"], seen: string | null = null) {
  return { id, status, last_seen: seen };
}

function hear(...users: PersonPresence[]): void {
  world.socket.say({ type: "presence", users });
}

test("people are as the server says, and of whom it says nothing is unknown", () => {
  hear(of("bob", "online"), of("carol", "offline", SEEN));

  expect(client.company.presenceOf("bob")).toEqual(of("bob", "online"));
  expect(client.company.presenceOf("carol")).toEqual(of("carol", "offline", SEEN));
  expect(client.company.presenceOf("dave")).toEqual(of("dave", "unknown"));
});

test("who is told of in a later frame changes nothing of the others", () => {
  hear(of("bob", "online"), of("carol", "online"));

  hear(of("bob", "away"));

  expect(client.company.presenceOf("bob").status).toBe("away");
  expect(client.company.presenceOf("carol").status).toBe("online");
});

test("only what changed is told, by name", () => {
  hear(of("bob", "online"), of("carol", "offline"));
  hear(of("bob", "online"), of("carol", "offline", SEEN));
  hear(of("bob", "online"));

  expect(changes).toEqual([["bob", "carol"], ["carol"]]);
});

test("with the connection, everything known is unknown, until it is told again", async () => {
  hear(of("bob", "online"), of("carol", "offline", SEEN), of("dave", "unknown"));

  world.socket.break();
  expect(client.company.presenceOf("bob")).toEqual(of("bob", "unknown"));
  expect(client.company.presenceOf("carol")).toEqual(of("carol", "unknown"));
  await world.clock.advance(2_000);
  world.socket.say(welcome(roomOf("a", 0)));
  await settle();
  expect(client.company.presenceOf("bob").status).toBe("unknown");
  hear(of("bob", "online"));

  expect(client.company.presenceOf("bob").status).toBe("online");
  expect(changes).toEqual([["bob", "carol"], ["bob", "carol"], ["bob"]]);
});
