// @vitest-environment happy-dom
import type { Member, Role } from "@parley/sdk";
import { fireEvent, render, screen, within } from "@testing-library/preact";
import { afterEach, describe, expect, test } from "vitest";

import { MessageInfo } from "../src/parts/message-info";
import { NewGroup } from "../src/parts/new-group";
import { RoomInfo } from "../src/parts/room-info";
import { openSummary } from "../src/state/chat";
import type { Summary } from "../src/state/summaries";
import { Page, roomOf } from "./page";

let page: Page;
afterEach(() => {
  page.close();
});

const NAMES: Record<string, string> = { bob: "Bob", carol: "Carol", dave: "Dave" };

function memberOf(user: string, role: Role = "member"): Member {
  return { user, role, joined_seq: 0 };
}

async function openGroup(role: Role): Promise<Summary> {
  const group = roomOf("a", 3, { kind: "group", name: "Team", role, member_count: 3 });
  delete group.members;
  page = await Page.open(group);
  page.world.http.answer("GET /users", 200, {
    users: Object.entries(NAMES).map(([id, name]) => ({
      id,
      username: id,
      display_name: name,
    })),
  });
  const mine = memberOf("me", role);
  const owner = memberOf("bob", role === "owner" ? "admin" : "owner");
  page.http.answer("GET /rooms/a/members", 200, {
    members: [memberOf("carol"), owner, mine],
    next: null,
  });
  const summary = openSummary.value;
  if (summary === undefined) throw new Error("The group is not open.");
  return summary;
}

async function show(role: Role): Promise<void> {
  render(<RoomInfo room={await openGroup(role)} />);
  await screen.findAllByTestId("member");
  // Names are asked for together, a moment later.
  await page.world.clock.advance(100);
  await screen.findByText("Carol");
}

function actionsOf(name: string): HTMLElement {
  const row = screen.getAllByTestId("member").find((one) => one.textContent.includes(name));
  if (row === undefined) throw new Error(`${name} is not listed.`);
  return within(row).getByTestId("member-actions");
}

describe("about a group", () => {
  test("everybody sees who is in it, and what they are", async () => {
    await show("member");

    expect(screen.getAllByTestId("member").map((row) => row.textContent)).toEqual([
      "AAlice (you)@alice",
      "BBob@bobOwner",
      "CCarol@carol",
    ]);
    expect(screen.queryByTestId("add-people")).toBeNull();
    expect(screen.queryByTestId("open-history")).toBeNull();
    expect(screen.getByTestId("leave")).toBeTruthy();
  });

  test("an admin adds people and removes members, and nobody else", async () => {
    await show("admin");
    expect(screen.getByTestId("add-people")).toBeTruthy();

    fireEvent.click(actionsOf("Bob"));
    await page.drawn();
    expect(screen.queryByText("Remove")).toBeNull();
    fireEvent.click(actionsOf("Carol"));
    await page.drawn();

    page.http.answer("DELETE /rooms/a/members/carol", 204, null);
    fireEvent.click(screen.getByText("Remove"));
    await page.drawn();

    expect(page.http.requests.map(({ method, path }) => `${method} ${path}`)).toContain(
      "DELETE /rooms/a/members/carol",
    );
  });

  test("members that could not be listed are asked for again", async () => {
    const room = await openGroup("member");
    page.http.answer("GET /rooms/a/members", 503, { code: "unavailable", detail: "Not now." });
    render(<RoomInfo room={room} />);
    await screen.findByText("Not now.");

    page.http.answer("GET /rooms/a/members", 200, { members: [memberOf("me")], next: null });
    fireEvent.click(screen.getByText("Try again"));

    expect(await screen.findAllByTestId("member")).toHaveLength(1);
    expect(screen.queryByText("Not now.")).toBeNull();
  });

  test("whom one has chosen stays chosen where they could not be added", async () => {
    await show("owner");
    const dave = { id: "dave", username: "dave", display_name: "Dave" };
    page.world.http.answer("GET /users?search=", 200, { users: [dave] });
    page.http.answer("POST /rooms/a/members", 503, { code: "unavailable", detail: "Not now." });
    fireEvent.click(screen.getByTestId("add-people"));
    fireEvent.input(await screen.findByTestId("find-people"), { target: { value: "da" } });
    fireEvent.click(await screen.findByTestId("candidate"));

    fireEvent.click(await screen.findByText("Add"));
    await screen.findByText("Not now.");

    expect(screen.getByTestId("chosen").textContent).toBe("Dave");
  });

  test("the owner gives roles", async () => {
    await show("owner");
    page.http.answer("PATCH /rooms/a/members/carol", 200, {});

    fireEvent.click(actionsOf("Carol"));
    await page.drawn();
    fireEvent.click(screen.getByText("Make admin"));
    await page.drawn();

    expect(page.http.requests.find(({ method }) => method === "PATCH")?.body).toEqual({
      role: "admin",
    });
  });

  test("what the server refuses is said", async () => {
    await show("owner");
    page.http.answer("PATCH /rooms/a", 400, {
      code: "bad_frame",
      detail: "Something is wrong.",
      errors: { name: ["This name is blank."] },
    });

    fireEvent.click(screen.getByRole("button", { name: "Rename the group" }));
    await page.drawn();
    fireEvent.submit(screen.getByLabelText("Name of the group").closest("form") as HTMLElement);
    await page.drawn();

    expect(screen.getByRole("alert").textContent).toBe("This name is blank.");
  });

  test("leaving is asked about first", async () => {
    await show("member");
    page.http.answer("DELETE /rooms/a/members/me", 204, null);

    fireEvent.click(screen.getByTestId("leave"));
    await page.drawn();
    expect(page.http.requests.some(({ method }) => method === "DELETE")).toBe(false);
    fireEvent.click(screen.getByRole("button", { name: "Leave" }));
    await page.drawn();

    expect(page.http.requests.some(({ method }) => method === "DELETE")).toBe(true);
  });
});

describe("a new group", () => {
  test("wants a name, and says so beside it", async () => {
    page = await Page.open(roomOf("a", 0));
    render(<NewGroup onClose={() => undefined} />);

    fireEvent.submit(screen.getByTestId("new-group").querySelector("form") as HTMLElement);
    await page.drawn();

    expect(screen.getByTestId("name-error").textContent).toBe("Give the group a name.");
  });

  test("says beside the field what the server found wrong", async () => {
    page = await Page.open(roomOf("a", 0));
    page.world.http.answer("POST /rooms", 400, {
      code: "bad_frame",
      detail: "Something is wrong.",
      errors: { name: ["At most 80 characters."], members: ["Nobody is called x."] },
    });
    render(<NewGroup onClose={() => undefined} />);
    fireEvent.input(screen.getByLabelText("Name"), { target: { value: "Team" } });

    fireEvent.submit(screen.getByTestId("new-group").querySelector("form") as HTMLElement);
    await page.drawn();

    expect(screen.getByTestId("name-error").textContent).toBe("At most 80 characters.");
    expect(screen.getByText("Nobody is called x.")).toBeTruthy();
  });
});

describe("how far one message has come", () => {
  test("stands by each member, with the time", async () => {
    const summary = await openGroup("member");
    page.http.answer("GET /receipts/rooms/a/messages/3", 200, {
      members: [
        {
          user: "bob",
          delivered: true,
          read: true,
          delivered_at: "2026-01-01T10:00:00Z",
          read_at: "2026-01-01T10:05:00Z",
        },
        { user: "carol", delivered: false, read: false, delivered_at: null, read_at: null },
        { user: "me", delivered: true, read: true, delivered_at: null, read_at: null },
      ],
      next: null,
    });

    render(<MessageInfo room={summary} seq={3} />);
    const read = await screen.findByTestId("info-read");

    expect(read.querySelectorAll("li")).toHaveLength(1);
    expect(read.querySelector("time")?.dateTime).toBe("2026-01-01T10:05:00Z");
    expect(screen.getByTestId("info-sent").querySelectorAll("li")).toHaveLength(1);
    expect(screen.queryByTestId("info-delivered")).toBeNull();
  });

  test("says what went wrong, with a button to try again", async () => {
    const summary = await openGroup("member");
    page.http.answer("GET /receipts/", 503, { code: "unavailable", detail: "Receipts rest." });

    render(<MessageInfo room={summary} seq={3} />);
    const alert = await screen.findByRole("alert");

    expect(alert.textContent).toContain("Receipts rest.");
    expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  });
});
