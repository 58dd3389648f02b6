/** How far one's messages have come among the others, and oneself on other devices. */
import { beforeEach, describe, expect, test } from "vitest";

import type { RoomState, StatusFrame, Watermark } from "../src";
import { World, frameOf, messageOf, roomOf } from "./fakes";

let world: World;

beforeEach(() => {
  world = new World();
});

function mark(user: string, delivered_seq: number, read_seq: number): Watermark {
  return { user, delivered_seq, read_seq };
}

function groupOf(last: number, version: number, ...lowest: Watermark[]): RoomState {
  const room = roomOf("a", last, { kind: "group", name: "Team", version, lowest });
  delete room.members;
  return { ...room, role: "member", open_history: false, member_count: 3 };
}

function status(lowest: Watermark[], members?: Watermark[]): void {
  const at = "2026-01-01T00:00:00.000Z";
  const frame: StatusFrame = { type: "status", room: "a", lowest };
  if (members !== undefined) frame.members = members.map((one) => ({ ...one, at }));
  world.socket.say(frame);
}

describe("an own message", () => {
  test("is as far as the slowest of the others", async () => {
    const client = await world.online(roomOf("a", 2, { lowest: [] }));
    const progress = () => client.room("a")?.progress(2);
    expect(progress()).toBe("sent");

    status([mark("bob", 2, 1)]);
    expect(progress()).toBe("delivered");

    status([mark("bob", 2, 2)]);
    expect(progress()).toBe("read");
  });

  test("is not held up by the own mark, which the list may name too", async () => {
    const client = await world.online(groupOf(5, 1, mark("me", 0, 0), mark("bob", 5, 4)));

    expect(client.room("a")?.progress(5)).toBe("delivered");
    expect(client.room("a")?.progress(4)).toBe("read");
  });

  test("is as it was after a late and older list, which says nothing of who is not in it", async () => {
    const client = await world.online(groupOf(9, 1, mark("bob", 6, 5), mark("carol", 6, 5)));
    // Dave was the third by both marks, and now the others have overtaken him.
    status([mark("dave", 8, 6), mark("bob", 9, 7)]);

    status([mark("bob", 6, 5), mark("carol", 6, 5)]);

    const progress = [6, 7, 8, 9].map((seq) => client.room("a")?.progress(seq));
    expect(progress).toEqual(["read", "delivered", "delivered", "sent"]);
  });

  test("goes on when whoever was behind has left", async () => {
    const client = await world.online(groupOf(9, 1, mark("bob", 2, 2), mark("carol", 9, 8)));
    expect(client.room("a")?.progress(9)).toBe("sent");

    world.socket.say({ type: "room", ...groupOf(9, 2, mark("carol", 9, 8)) });

    expect(client.room("a")?.progress(9)).toBe("delivered");
    expect(client.room("a")?.progress(8)).toBe("read");
  });

  test("is read as before when somebody joins, and later ones wait for them too", async () => {
    const client = await world.online(groupOf(9, 1, mark("bob", 9, 9)));

    world.socket.say({ type: "room", ...groupOf(9, 2, mark("bob", 9, 9), mark("dave", 9, 9)) });
    status([mark("bob", 10, 10), mark("dave", 9, 9)]);

    expect(client.room("a")?.progress(9)).toBe("read");
    expect(client.room("a")?.progress(10)).toBe("sent");
  });

  test("is as it was where nobody else is left, and later ones are sent", async () => {
    const client = await world.online(groupOf(9, 1, mark("bob", 9, 9)));

    world.socket.say({ type: "room", ...groupOf(9, 2, mark("me", 9, 9)) });

    expect(client.room("a")?.progress(9)).toBe("read");
    expect(client.room("a")?.progress(10)).toBe("sent");
  });

  test("is not changed by a description of the room that is older than the one known", async () => {
    const client = await world.online(groupOf(9, 5, mark("bob", 9, 9)));

    world.socket.say({ type: "room", ...groupOf(9, 4) });

    expect(client.room("a")?.progress(9)).toBe("read");
  });
});

describe("what was read on another device", () => {
  test("is no more unread here, and the list is drawn anew", async () => {
    const client = await world.online(roomOf("a", 3, { read_seq: 0 }));
    const changes: string[] = [];
    client.on("rooms", () => changes.push("rooms"));
    expect(client.room("a")?.unread).toBe(3);

    status([mark("bob", 3, 3)], [mark("me", 3, 2)]);

    expect(client.room("a")?.unread).toBe(1);
    expect(client.room("a")?.state.read_seq).toBe(2);
    expect(changes).toEqual(["rooms"]);
  });

  test("never counts as unread again", async () => {
    const client = await world.online(roomOf("a", 3, { read_seq: 0 }));
    status([], [mark("me", 3, 3)]);

    status([], [mark("me", 2, 1)]);

    expect(client.room("a")?.unread).toBe(0);
  });

  test("is not what others have read", async () => {
    const client = await world.online(roomOf("a", 3, { read_seq: 0 }));

    status([mark("bob", 3, 3)], [mark("bob", 3, 3)]);

    expect(client.room("a")?.unread).toBe(3);
  });

  test("may lie above what this device holds", async () => {
    const client = await world.online(roomOf("a", 0));

    status([], [mark("me", 2, 2)]);
    world.socket.say(frameOf(messageOf("a", 1)));
    world.socket.say(frameOf(messageOf("a", 2)));
    world.socket.say(frameOf(messageOf("a", 3)));

    expect(client.room("a")?.unread).toBe(1);
  });
});
