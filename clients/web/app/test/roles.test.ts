import type { Member, Role } from "@parley/sdk";
import { expect, test } from "vitest";

import { inOrder, mayRemove } from "../src/state/groups";

const NAMES: Record<string, string> = { bob: "Bob", carol: "Carol", dave: "Dave" };

function memberOf(user: string, role: Role = "member"): Member {
  return { user, role, joined_seq: 0 };
}

test("members are listed with oneself first, then who has more to say, then by name", () => {
  const all = [memberOf("dave"), memberOf("carol"), memberOf("bob", "owner"), memberOf("me")];

  expect(inOrder(all, "me", (user) => NAMES[user]).map(({ user }) => user)).toEqual([
    "me",
    "bob",
    "carol",
    "dave",
  ]);
});

test("members may be removed by whoever stands above them", () => {
  expect(mayRemove("owner", "admin")).toBe(true);
  expect(mayRemove("admin", "member")).toBe(true);
  expect(mayRemove("admin", "admin")).toBe(false);
  expect(mayRemove("admin", "owner")).toBe(false);
  expect(mayRemove("member", "member")).toBe(false);
  expect(mayRemove(null, "member")).toBe(false);
});
