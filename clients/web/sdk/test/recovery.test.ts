/**
 * Feature: whatsapp-messaging-fix, Property 8: Connection Recovery System
 *
 * However connections end, and however often none can be opened: the first try to come back is made
 * within two seconds, the pauses double with jitter, and after the fifth one is offline and asks once
 * a minute. (What was missed and what waits is a matter of `hostile.test.ts`.)
 */
import fc from "fast-check";
import { expect, test } from "vitest";

import { Connection, WELCOME_WITHIN_MS } from "../src/connection";
import { ME, FakeSocket, World, welcome } from "./fakes";

const BASES_MS = [2_000, 4_000, 8_000, 16_000, 32_000];
const OFFLINE_MS = 60_000;
const STEADY_AFTER_MS = 30_000;
const LOSSES = [1000, 1001, 1006, 1011, 1012];
/** The server wants less of this client: that it was welcome for a moment counts for nothing. */
const PUSHES = [4008, 4503];

type Fate =
  { kind: "refused" } | { kind: "silent" } | { kind: "lives"; forMs: number; code: number };

const lives = fc.record({
  kind: fc.constant("lives" as const),
  forMs: fc.oneof(fc.nat(1_000), fc.nat(90_000)),
  code: fc.constantFrom(...LOSSES, ...PUSHES),
});
const fate: fc.Arbitrary<Fate> = fc.oneof(
  fc.constant<Fate>({ kind: "refused" }),
  fc.constant<Fate>({ kind: "silent" }),
  lives,
);

/** A world in which sockets answer pings. */
function livelyWorld(): World {
  const world = new World();
  world.env.openTransport = (events) => {
    const socket = new FakeSocket(events, (frame) => {
      if (frame.type === "ping") socket.say({ type: "pong", server_time: "" });
    });
    world.sockets.push(socket);
    return socket;
  };
  return world;
}

async function suffer(world: World, fate: Fate): Promise<void> {
  if (fate.kind === "refused") world.socket.break();
  else if (fate.kind === "silent") await world.clock.advance(WELCOME_WITHIN_MS);
  else {
    world.socket.say(welcome());
    await world.clock.advance(fate.forMs);
    world.socket.break(fate.code);
  }
}

/** Whether the ladder begins anew after it. */
function isGood(fate: Fate): boolean {
  if (fate.kind !== "lives") return false;
  return fate.forMs >= STEADY_AFTER_MS || LOSSES.includes(fate.code);
}

test("the first try comes within two seconds, later ones ever more slowly, then once a minute", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fate, fc.nat(999)), { minLength: 1, maxLength: 12 }),
      async (fates) => {
        const world = livelyWorld();
        const connection = new Connection(world.env, ME.id, () => Promise.resolve("valid"));
        connection.start();
        let tries = 0;

        for (const [fate, chance] of fates) {
          world.chance.value = chance / 1000;
          await suffer(world, fate);
          tries = isGood(fate) ? 1 : tries + 1;

          const { state } = connection;
          if (state.name !== "waiting") throw new Error(`${state.name} after ${fate.kind}`);
          const pauseMs = state.retryAt - world.clock.now();
          const baseMs = BASES_MS[tries - 1];
          expect(state.offline).toBe(baseMs === undefined);
          expect(pauseMs).toBeCloseTo(
            (baseMs ?? OFFLINE_MS) * (baseMs ? 0.5 + chance / 2000 : 1),
            3,
          );
          if (isGood(fate)) expect(pauseMs).toBeLessThanOrEqual(2_000);
          const opened = world.sockets.length;
          await world.clock.advance(pauseMs - 1);
          expect(world.sockets).toHaveLength(opened);
          await world.clock.advance(1);
          expect(world.sockets).toHaveLength(opened + 1);
        }
        connection.stop();
      },
    ),
    { numRuns: 150 },
  );
});
