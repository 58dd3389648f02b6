import { expect, test } from "vitest";

import { Account } from "../src/account";
import { ME, World } from "./fakes";

const SESSION = { user: ME, csrf_token: "token-1" };

async function signedIn(): Promise<{ world: World; account: Account }> {
  const world = new World();
  world.http.answer("GET /auth/session", 200, SESSION);
  await world.api.session();
  return { world, account: new Account(world.api) };
}

test("what others learn of oneself is asked and set on the server", async () => {
  const { world, account } = await signedIn();
  world.http.answer("GET /me", 200, { user: ME, send_read_receipts: true, last_seen: "everyone" });
  world.http.answer("PATCH /me", 200, {
    user: ME,
    send_read_receipts: false,
    last_seen: "contacts",
  });

  expect((await account.profile()).send_read_receipts).toBe(true);
  const next = await account.change({ send_read_receipts: false, last_seen: "contacts" });

  expect([next.send_read_receipts, next.last_seen]).toEqual([false, "contacts"]);
  const { body, headers } = world.http.requests.at(-1) ?? {};
  expect(body).toEqual({ send_read_receipts: false, last_seen: "contacts" });
  expect(headers?.["X-CSRFToken"]).toBe("token-1");
});

test("a picture is sent as it is, under its own type", async () => {
  const { world, account } = await signedIn();
  world.http.answer("PUT /me/avatar", 200, { user: { ...ME, avatar: "v1" } });
  const picture = new Blob(["picture"], { type: "image/webp" });

  expect((await account.show(picture)).avatar).toBe("v1");

  const { body, headers } = world.http.requests.at(-1) ?? {};
  expect(body).toBe(picture);
  expect(headers?.["Content-Type"]).toBe("image/webp");
});

test("where one is signed in is told, and one signs out there", async () => {
  const { world, account } = await signedIn();
  const here = { sid: "one", agent: "Firefox, Linux", current: true };
  world.http.answer("GET /sessions", 200, { sessions: [here] });
  world.http.answer("DELETE /sessions/two", 204, {});

  expect(await account.signIns()).toEqual([here]);
  await account.signOut("two");

  expect(world.http.requests.at(-1)).toMatchObject({ method: "DELETE" });
});

test("a browser is subscribed by what it says of itself, and taken back by its endpoint", async () => {
  const { world, account } = await signedIn();
  const subscription = { endpoint: "https://push.example/1", keys: { p256dh: "p", auth: "a" } };
  world.http.answer("GET /queue/push", 200, { public_key: "key" });
  world.http.answer("POST /queue/push", 201, {});
  world.http.answer("DELETE /queue/push", 204, {});

  expect(await account.pushKey()).toBe("key");
  await account.subscribe(subscription);
  expect(world.http.requests.at(-1)?.body).toEqual(subscription);
  await account.unsubscribe(subscription.endpoint);
  expect(world.http.requests.at(-1)?.body).toEqual({ endpoint: subscription.endpoint });
});
