// @vitest-environment happy-dom
import { fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, expect, test } from "vitest";

import { Composer } from "../src/parts/composer";
import { followUnfinished, readUnfinishedOf, unfinishedIn } from "../src/state/unfinished";
import { ME, Page, roomOf } from "./page";

let page: Page;
beforeEach(async () => {
  page = await Page.open(roomOf("a", 0));
});
afterEach(() => {
  page.close();
});

function compose(): HTMLTextAreaElement {
  render(<Composer room="a" name="Bob" />);
  return screen.getByTestId<HTMLTextAreaElement>("composer");
}

function write(box: HTMLTextAreaElement, text: string): void {
  fireEvent.input(box, { target: { value: text } });
}

async function sent(): Promise<(readonly [string, number | null])[]> {
  await page.drawn();
  return page.world.socket
    .sentOf("message")
    .map(({ content, reply_to }) => [content, reply_to ?? null] as const);
}

test("Enter sends what stands there, without the space around it", async () => {
  const box = compose();
  write(box, "  hello  ");

  fireEvent.keyDown(box, { key: "Enter" });

  expect(await sent()).toEqual([["hello", null]]);
  expect(box.value).toBe("");
});

test("Shift and Enter is a new line, and so is an Enter that ends a word of an input method", async () => {
  const box = compose();
  write(box, "hello");

  fireEvent.keyDown(box, { key: "Enter", shiftKey: true });
  fireEvent.keyDown(box, { key: "Enter", isComposing: true });

  expect(await sent()).toEqual([]);
});

test("nothing, and blanks, cannot be sent", async () => {
  const box = compose();
  expect(screen.getByTestId<HTMLButtonElement>("send").disabled).toBe(true);
  write(box, " \n ");

  fireEvent.keyDown(box, { key: "Enter" });

  expect(screen.getByTestId<HTMLButtonElement>("send").disabled).toBe(true);
  expect(await sent()).toEqual([]);
});

test("what is too long is counted, and cannot be sent", async () => {
  const box = compose();
  write(box, "x".repeat(4_097));
  await page.drawn();

  fireEvent.keyDown(box, { key: "Enter" });

  expect(screen.getByText("1 too many")).toBeTruthy();
  expect(await sent()).toEqual([]);
});

test("an answer goes to what it answers, and the next message does not", async () => {
  await page.hear("a", 1, { content: "Lunch?" });
  unfinishedIn("a").value = { text: "", replyTo: 1 };
  const box = compose();
  expect(screen.getByTestId("replying").textContent).toContain("Lunch?");

  write(box, "Yes");
  fireEvent.keyDown(box, { key: "Enter" });
  await page.drawn();
  page.world.socket.say({
    type: "ack",
    room: "a",
    client_id: page.world.socket.sentOf("message")[0]?.client_id ?? "",
    id: "a.2",
    seq: 2,
    created_at: "2026-01-01T00:00:00.000Z",
    status: "sent",
    duplicate: false,
  });
  write(box, "Where?");
  fireEvent.keyDown(box, { key: "Enter" });

  expect(await sent()).toEqual([
    ["Yes", 1],
    ["Where?", null],
  ]);
});

test("Escape takes an answer back, and leaves what was written", async () => {
  await page.hear("a", 1);
  unfinishedIn("a").value = { text: "", replyTo: 1 };
  const box = compose();
  write(box, "Hm");

  fireEvent.keyDown(box, { key: "Escape" });
  await page.drawn();

  expect(screen.queryByTestId("replying")).toBeNull();
  expect(box.value).toBe("Hm");
});

test("what was begun is there again after a reload, in its room and for its writer", () => {
  write(compose(), "half a thou");
  readUnfinishedOf(ME.id);

  expect(unfinishedIn("a").value.text).toBe("half a thou");
  expect(unfinishedIn("b").value.text).toBe("");
  readUnfinishedOf("somebody else");
  expect(unfinishedIn("a").value.text).toBe("");
});

test("what is written on another page of the browser stands here, too, and goes when it is sent", async () => {
  const box = compose();
  write(box, "half a thou");
  followUnfinished();
  const elsewhere = async (text: string): Promise<void> => {
    const key = Object.keys(localStorage).find((one) => one.includes("unfinished")) ?? "";
    localStorage.setItem(key, JSON.stringify({ text, replyTo: null }));
    window.dispatchEvent(new StorageEvent("storage", { key }));
    await page.drawn();
  };

  await elsewhere("half a thought");
  expect(box.value).toBe("half a thought");
  await elsewhere("");
  expect(box.value).toBe("");
});

test("the others learn that one types, and that one took it back", () => {
  const box = compose();

  write(box, "h");
  write(box, "");

  expect(page.world.socket.sentOf("typing").map((frame) => frame.is_typing)).toEqual([true, false]);
});

test("an emoji is put where the cursor stands", () => {
  const box = compose();
  write(box, "ab");
  box.setSelectionRange(1, 1);

  fireEvent.click(screen.getByText("👍"));

  expect(box.value).toBe("a👍b");
});
