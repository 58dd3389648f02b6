// @vitest-environment happy-dom
import type { Status } from "@parley/sdk";
import { fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { MessageRow } from "../src/parts/message-row";
import { panel } from "../src/state/panel";
import type { Entry } from "../src/state/timeline";
import { unfinishedIn } from "../src/state/unfinished";
import { Page, messageOf, roomOf } from "./page";

const WAITING = "Waiting: goes by itself once the server answers";

let page: Page;
beforeEach(async () => {
  page = await Page.open(roomOf("a", 0));
});
afterEach(() => {
  page.close();
});

function entryOf(changes: Partial<Entry> = {}): Entry {
  return {
    key: "me/c-1",
    clientId: "c-1",
    seq: 1,
    mine: true,
    sender: "me",
    author: null,
    replyTo: null,
    content: "hello",
    at: Date.parse("2026-01-01T12:00:00Z"),
    state: "sent",
    reason: "",
    startsDay: false,
    startsGroup: true,
    endsGroup: true,
    ...changes,
  };
}

function show(changes: Partial<Entry> = {}, inGroup = false): HTMLElement {
  render(<MessageRow entry={entryOf(changes)} inGroup={inGroup} />);
  return screen.getByTestId("message");
}

describe("how far a message of one's own has come", () => {
  test.each<[Status, string, string]>([
    ["pending", "Sending", "Sending"],
    ["queued", WAITING, WAITING],
    ["sent", "Sent", "Sent"],
    ["delivered", "Delivered", "Delivered to everyone"],
    ["read", "Read", "Read by everyone"],
    ["failed", "Not sent", "Not sent"],
  ])("%s has a mark and words of its own", (state, direct, group) => {
    show({ state });
    expect(screen.getByTestId("ticks").getAttribute("aria-label")).toBe(direct);
    expect(screen.getByTestId("ticks").dataset["state"]).toBe(state);
    page.close();

    show({ state }, true);
    expect(screen.getByTestId("ticks").getAttribute("aria-label")).toBe(group);
  });

  test("a message of somebody else has no mark", () => {
    const row = show({ mine: false, sender: "bob", state: null });

    expect(screen.queryByTestId("ticks")).toBeNull();
    expect(row.dataset["state"]).toBe("received");
  });
});

describe("a message that failed", () => {
  test("says why, and can be tried again or deleted", () => {
    show({ state: "failed", seq: null, reason: "You are not a member of this room." });

    expect(screen.getByRole("alert").textContent).toContain("You are not a member of this room.");
    expect(screen.getByRole("button", { name: "Retry" })).toBeTruthy();
    expect(screen.getByRole("button", { name: "Delete" })).toBeTruthy();
  });
});

describe("what stands in a message", () => {
  test("is text, whatever it looks like", () => {
    const row = show({ content: `<img src=x onerror="alert(1)"><b>bold</b>` });

    expect(row.querySelector("img, b")).toBeNull();
    expect(row.querySelector(".text")?.textContent).toBe(
      `<img src=x onerror="alert(1)"><b>bold</b>`,
    );
  });

  test("becomes a link only where it is a web address", () => {
    const row = show({ content: "see https://example.org/a?b=c, javascript:alert(1) or data:x" });

    const links = [...row.querySelectorAll("a")];
    expect(links.map((link) => link.getAttribute("href"))).toEqual(["https://example.org/a?b=c"]);
    expect(links[0]?.rel).toContain("noopener");
  });

  test("is larger where it is nothing but a few emoji", () => {
    expect(show({ content: "👍🏽" }).querySelector(".is-emoji")).not.toBeNull();
    page.close();
    expect(show({ content: "👍 ok" }).querySelector(".is-emoji")).toBeNull();
    page.close();
    expect(show({ content: "42" }).querySelector(".is-emoji")).toBeNull();
  });
});

describe("who wrote it", () => {
  test("is named where a run begins in a group", () => {
    show({ mine: false, sender: "bob", author: { id: "bob", name: "Bob" }, state: null }, true);

    expect(screen.getByTestId("sender").textContent).toBe("Bob");
  });

  test("keeps its place while the name is being asked for", () => {
    show({ mine: false, sender: "bob", author: { id: "bob", name: undefined }, state: null }, true);

    expect(screen.getByTestId("sender").querySelector(".sender-soon")).not.toBeNull();
  });
});

describe("answers", () => {
  test("show what they answer", async () => {
    await page.hear("a", 1, { content: "Lunch?" });

    show({ seq: 2, replyTo: 1 });

    expect(screen.getByTestId("quote").textContent).toContain("Lunch?");
  });

  test("ask once for what is not held", async () => {
    page.http.answer("GET /rooms/a/messages", 200, {
      messages: [messageOf("a", 7, { content: "long ago" })],
      has_more: true,
    });

    show({ seq: 20, replyTo: 7 });
    await page.drawn();

    expect(screen.getByTestId("quote").textContent).toContain("long ago");
    expect(page.http.requests).toHaveLength(1);
  });

  test("say so where it cannot be read", async () => {
    page.http.answer("GET /rooms/a/messages", 200, { messages: [], has_more: false });

    const row = show({ seq: 20, replyTo: 7 });
    await page.drawn();

    expect(row.textContent).toContain("A message that you cannot read here");
  });

  test("begin with a click", () => {
    show({ seq: 4 });

    fireEvent.click(screen.getByTestId("reply"));

    expect(unfinishedIn("a").value.replyTo).toBe(4);
  });
});

test("the receipts of one's own message are one click away, those of others are not", () => {
  show({ seq: 4 });
  fireEvent.click(screen.getByTestId("message-info"));
  expect(panel.value).toEqual({ name: "message", seq: 4 });
  page.close();

  show({ mine: false, sender: "bob", state: null });
  expect(screen.queryByTestId("message-info")).toBeNull();
});

test("nothing can be done with a message that the server does not have", () => {
  show({ seq: null, state: "pending" });

  expect(screen.queryByTestId("reply")).toBeNull();
});
