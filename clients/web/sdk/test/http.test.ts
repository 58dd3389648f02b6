import { expect, test } from "vitest";

import { Api, ApiError } from "../src";
import { ME, World } from "./fakes";

const SESSION = { user: ME, csrf_token: "token-1" };

async function problemOf(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.then(
    () => null,
    (problem: unknown) => problem,
  );
  if (!(error instanceof ApiError)) throw new Error("No ApiError was raised.");
  return error;
}

test("writes carry the CSRF token of the session", async () => {
  const world = new World();
  world.http.answer("GET /auth/session", 200, SESSION);
  world.http.answer("POST /rooms", 201, {});

  await world.api.session();
  await world.api.openDirect("bob");

  expect(world.http.requests.at(-1)?.headers["X-CSRFToken"]).toBe("token-1");
  expect(world.http.requests[0]?.headers["X-CSRFToken"]).toBeUndefined();
});

test("signing in ends the CSRF token of before", async () => {
  const world = new World();
  world.http.answer("GET /auth/session", 200, SESSION);
  world.http.answer("POST /auth/login", 200, { user: ME, csrf_token: "token-2" });
  world.http.answer("POST /rooms", 201, {});
  await world.api.session();

  await world.api.login("alice", "secret");
  await world.api.openDirect("bob");

  expect(world.http.requests.at(-1)?.headers["X-CSRFToken"]).toBe("token-2");
});

test("a stale CSRF token is fetched anew, once", async () => {
  const world = new World();
  world.http.answer("GET /auth/session", 200, SESSION);
  world.http.answer("POST /rooms", 403, { code: "csrf_failed", detail: "No." });

  const problem = await problemOf(world.api.openDirect("bob"));

  expect(problem.code).toBe("csrf_failed");
  expect(world.http.requests.map((request) => `${request.method} ${request.path}`)).toEqual([
    "POST /rooms",
    "GET /auth/session",
    "POST /rooms",
  ]);
});

test("nothing is written as somebody else who has signed in on another page", async () => {
  const world = new World();
  world.http.answer("GET /auth/session", 200, SESSION);
  await world.api.session();
  let isNoticed = false;
  world.api.onUnauthenticated = () => (isNoticed = true);

  const bob = { ...ME, id: "bob" };
  world.http.answer("GET /auth/session", 200, { user: bob, csrf_token: "token-of-bob" });
  world.http.answer("POST /rooms", 403, { code: "csrf_failed", detail: "No." });
  const problem = await problemOf(world.api.openDirect("carol"));

  expect([problem.status, problem.code, isNoticed]).toEqual([401, "unauthenticated", true]);
  expect(world.http.requests.at(-1)?.path).toBe("/auth/session");
  expect((await problemOf(world.api.session())).status).toBe(401);

  world.http.answer("POST /auth/login", 200, { user: bob, csrf_token: "token-2" });
  expect((await world.api.login("bob", "secret")).user.id).toBe("bob");
  expect((await world.api.session()).user.id).toBe("bob");
});

test("a sign-in that is refused is no sign that somebody was signed out", async () => {
  const world = new World();
  world.api.onUnauthenticated = () => {
    throw new Error("Nobody was signed in.");
  };
  world.http.answer("POST /auth/login", 401, { code: "unauthenticated", detail: "No." });

  expect((await problemOf(world.api.login("alice", "wrong"))).status).toBe(401);
});

test("a problem document becomes an error with its fields and its retry_after", async () => {
  const world = new World();
  world.http.answer("POST /auth/register", 400, {
    code: "bad_frame",
    detail: "Look at the fields.",
    errors: { username: ["Taken."], password: "Too short." },
    retry_after: 7,
  });

  const problem = await problemOf(world.api.register("bob", "x", ""));

  expect(problem.status).toBe(400);
  expect(problem.message).toBe("Look at the fields.");
  expect(problem.fields).toEqual({ username: ["Taken."], password: ["Too short."] });
  expect(problem.retryAfter).toBe(7);
  expect(problem.isOutage).toBe(false);
});

test("no answer at all is an outage with an unknown outcome", async () => {
  const problem = await problemOf(new World().api.searchUsers("bob"));

  expect(problem.status).toBe(0);
  expect(problem.isOutage).toBe(true);
});

test("a server that never answers is given up after ten seconds", async () => {
  const world = new World();
  const deaf = new Api(
    (_input, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => {
          reject(new Error("aborted"));
        });
      }),
    world.clock,
  );

  const asked = problemOf(deaf.searchUsers("bob"));
  await world.clock.advance(10_000);

  expect((await asked).status).toBe(0);
});
