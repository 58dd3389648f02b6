// @vitest-environment happy-dom
import { fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Panel } from "../src/parts/panel";
import { followHistory, leavePanel, openPanel, panel } from "../src/state/panel";
import { Page, roomOf } from "./page";

let page: Page;
beforeEach(async () => {
  page = await Page.open(roomOf("a", 0));
  render(<Panel />);
});
afterEach(() => {
  page.close();
  vi.restoreAllMocks();
  window.history.replaceState(null, "");
});

test("the back button leads from the panel to the conversation", async () => {
  openPanel({ name: "room" });
  await page.drawn();
  expect(screen.getByTestId("panel")).toBeTruthy();

  // What the browser does with the button, which happy-dom does not.
  window.history.replaceState(null, "");
  followHistory();
  await page.drawn();

  expect(screen.queryByTestId("panel")).toBeNull();
});

test("who closes it goes back as well, so that nobody comes to it again with the button", () => {
  const back = vi.spyOn(window.history, "back");
  openPanel({ name: "message", seq: 1 });
  openPanel({ name: "room" });

  leavePanel();

  expect(back).toHaveBeenCalledOnce();
  expect(panel.value).not.toBeNull();
});

test("Escape closes it, unless something else has taken it", async () => {
  const back = vi.spyOn(window.history, "back");
  openPanel({ name: "room" });
  await page.drawn();
  const taking = (event: Event): void => {
    event.preventDefault();
  };

  document.body.addEventListener("keydown", taking, { once: true });
  fireEvent.keyDown(document.body, { key: "Escape" });
  expect(back).not.toHaveBeenCalled();
  fireEvent.keyDown(document.body, { key: "Escape" });

  expect(back).toHaveBeenCalledOnce();
});
