// @vitest-environment happy-dom
import { render, screen } from "@testing-library/preact";
import { afterEach, expect, test } from "vitest";

import { RoomRow } from "../src/parts/room-row";
import { rooms } from "../src/state/chat";
import { keepUnfinished } from "../src/state/unfinished";
import { Page, roomOf } from "./page";

let page: Page;
afterEach(() => {
  page.close();
});

function show(room: string): HTMLElement {
  const summary = rooms.value.find(({ id }) => id === room);
  if (summary === undefined) throw new Error(`There is no room ${room}.`);
  render(<RoomRow room={summary} />);
  return screen.getByTestId("room");
}

test("a room without messages says so", async () => {
  page = await Page.open(roomOf("a", 0));

  expect(show("a").textContent).toContain("No messages yet");
});

test("the newest message, and how many are unread, stand in the row", async () => {
  page = await Page.open(roomOf("open", 0), roomOf("a", 0));
  await page.hear("a", 1, { content: "first" });
  await page.hear("a", 2, { content: "second" });

  const row = show("a");

  expect(row.textContent).toContain("second");
  expect(screen.getByTestId("unread").firstElementChild?.textContent).toBe("2");
  expect(screen.getByText("2 unread")).toBeTruthy();
});

test("more than ninety-nine are not counted out", async () => {
  page = await Page.open(roomOf("open", 0), roomOf("a", 150, { read_seq: 10 }));

  show("a");

  expect(screen.getByTestId("unread").textContent).toContain("99+");
});

test("one's own newest message shows how far it has come", async () => {
  page = await Page.open(roomOf("a", 0));
  await page.hear("a", 1, { sender: "me" });

  show("a");

  expect(screen.getByTestId("ticks").dataset["state"]).toBe("sent");
});

test("who is there has a dot, and words for those who do not see it", async () => {
  page = await Page.open(roomOf("a", 0));
  page.world.socket.say({
    type: "presence",
    users: [{ id: "bob", status: "away", last_seen: null }],
  });
  await page.drawn();

  const row = show("a");

  expect(screen.getByTestId("dot").dataset["status"]).toBe("away");
  expect(row.textContent).toContain("Bob, away");
});

test("who types stands in place of the newest message", async () => {
  page = await Page.open(roomOf("open", 0), roomOf("a", 0));
  await page.hear("a", 1, { content: "first" });
  page.world.socket.say({ type: "typing", room: "a", users: ["bob"] });
  await page.drawn();

  const row = show("a");

  expect(screen.getByTestId("typing").textContent).toBe("Bob is typing");
  expect(row.textContent).not.toContain("first");
});

test("what one began to write in another room stands there until it is sent", async () => {
  page = await Page.open(roomOf("open", 0), roomOf("a", 0));
  keepUnfinished("a", { text: "half a thou" });

  show("a");

  expect(screen.getByTestId("unfinished").textContent).toContain("half a thou");
});
