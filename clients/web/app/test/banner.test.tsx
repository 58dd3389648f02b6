// @vitest-environment happy-dom
import type { ConnectionState, Trouble } from "@parley/sdk";
import { fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Banner } from "../src/parts/banner";
import { bannerOf } from "../src/state/banner";
import { connection } from "../src/state/chat";
import { Page, roomOf } from "./page";

const AT = 1_700_000_000_000;

function waiting(
  trouble: Trouble,
  changes: Partial<Extract<ConnectionState, { name: "waiting" }>> = {},
): ConnectionState {
  const retryAt = AT + 4_000;
  return {
    name: "waiting",
    attempt: 2,
    retryAt,
    trouble,
    offline: false,
    cutOff: false,
    ...changes,
  };
}

describe("the words", () => {
  test("are none while all is well, and while a connection opens at once", () => {
    expect(bannerOf({ name: "online" }, false)).toBeNull();
    expect(bannerOf({ name: "connecting", attempt: 0, trouble: null }, false)).toBeNull();
    expect(bannerOf({ name: "stopped" }, false)).toBeNull();
  });

  test("come when the first connection takes its time", () => {
    const words = bannerOf({ name: "connecting", attempt: 0, trouble: null }, true);

    expect(words).toMatchObject({ kind: "connecting", rest: "Connecting…", action: null });
  });

  test.each<[Trouble, string, string, string | null]>([
    ["lost", "", "Reconnecting in", "Try now"],
    ["timeout", "Connection timeout", "Trying again in", "Retry"],
    ["unavailable", "Server unavailable", "Trying again (try 2 of 5) in", "Try now"],
    ["limited", "Too many requests", "Trying again in", null],
  ])("of a connection that is %s", (trouble, title, rest, action) => {
    expect(bannerOf(waiting(trouble), false)).toMatchObject({
      title,
      rest,
      action,
      until: AT + 4_000,
    });
  });

  test("stay while it is being tried", () => {
    const words = bannerOf({ name: "connecting", attempt: 2, trouble: "unavailable" }, false);

    expect(words).toMatchObject({
      title: "Server unavailable",
      rest: "Trying again…",
      until: null,
    });
  });

  test("say after the fifth try that one is offline, and when the next one is", () => {
    const words = bannerOf(waiting("unavailable", { offline: true, attempt: 6 }), false);

    expect(words).toMatchObject({ kind: "offline", title: "Server unavailable" });
    expect(words?.rest).toContain("is kept, and sent as soon as it can be");
    expect(words?.until).toBe(AT + 4_000);
  });

  test("count nothing where the device has no network", () => {
    const words = bannerOf(waiting("lost", { offline: true, cutOff: true }), false);

    expect(words).toMatchObject({ kind: "offline", title: "Offline", until: null });
  });
});

describe("the banner", () => {
  let page: Page;
  beforeEach(async () => {
    page = await Page.open(roomOf("a", 0));
  });
  afterEach(() => {
    page.close();
  });

  test("is not there while all is well", () => {
    render(<Banner />);

    expect(screen.queryByTestId("connection-banner")).toBeNull();
  });

  test("counts the seconds down to the next try", async () => {
    page.world.socket.break();
    await page.drawn();
    const state = connection.value;
    const now = vi.spyOn(Date, "now").mockReturnValue(AT);
    connection.value = { ...state, retryAt: AT + 3_600 } as ConnectionState;

    render(<Banner />);

    expect(screen.getByTestId("connection-banner").textContent).toContain("Reconnecting in 4 s");
    now.mockRestore();
  });

  test("tries at once when it is asked to", async () => {
    page.world.socket.break();
    await page.drawn();
    render(<Banner />);

    fireEvent.click(screen.getByRole("button", { name: "Try now" }));

    expect(page.world.sockets).toHaveLength(2);
  });

  test("says that no answer came, with a button to try again", async () => {
    page.world.socket.break();
    await page.drawn();
    fireEvent.click(render(<Banner />).getByRole("button"));
    await page.world.clock.advance(10_000);
    await page.drawn();

    expect(screen.getByText("Connection timeout")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Retry" })).toBeTruthy();
  });

  test("says that the server cannot be reached, and when it is tried again", async () => {
    page.world.socket.break();
    await page.world.clock.advance(2_000);
    page.world.socket.break();
    await page.drawn();

    render(<Banner />);

    expect(screen.getByText("Server unavailable")).toBeTruthy();
    expect(screen.getByTestId("connection-banner").textContent).toContain("try 2 of 5");
  });
});
