/**
 * Feature: whatsapp-messaging-fix, Property 6: Typing Indicator System
 *
 * Whatever the keys, and whenever they come: what the others see of it.
 */
import fc from "fast-check";
import { expect, test } from "vitest";

import { Keystrokes, SILENCE_MS, TELL_PAUSE_MS } from "../src/typing";
import { FakeClock } from "./fakes";

const LOOK_MS = 10;
const DEEDS = ["press", "press", "press", "press", "stop", "send", "reconnect"] as const;

/** Somebody at a keyboard, and a server that hears what is told and shows it to the others. */
class Watched {
  readonly clock = new FakeClock();
  readonly keys = new Keystrokes(this.clock, (_, isTyping) => this.hear(isTyping));
  pressedAt = -Infinity;
  private heardAt = -Infinity;
  private startedAt = -Infinity;

  /** The server ends it by itself a second after it heard of it last. */
  get isShown(): boolean {
    return this.clock.now() < this.heardAt + SILENCE_MS;
  }

  press(): void {
    this.pressedAt = this.clock.now();
    this.keys.press("a");
  }

  stop(): void {
    this.pressedAt = -Infinity;
    this.keys.stop("a");
  }

  send(): void {
    this.pressedAt = this.heardAt = -Infinity;
    this.keys.sent("a");
  }

  reconnect(): void {
    this.pressedAt = this.heardAt = this.startedAt = -Infinity;
    this.keys.clear();
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= LOOK_MS) {
      await this.clock.advance(LOOK_MS);
      this.look();
    }
  }

  private hear(isTyping: boolean): boolean {
    const now = this.clock.now();
    if (isTyping) {
      expect(now - this.startedAt, "told too soon").toBeGreaterThanOrEqual(TELL_PAUSE_MS);
      this.startedAt = this.heardAt = now;
    } else {
      expect(this.heardAt, "the end of nothing").toBeGreaterThan(0);
      this.heardAt = -Infinity;
    }
    return true;
  }

  private look(): void {
    const since = this.clock.now() - this.pressedAt;
    if (since >= SILENCE_MS) expect(this.isShown, "shown though nobody types").toBe(false);
    else if (since >= TELL_PAUSE_MS)
      expect(this.isShown, "not shown though somebody types").toBe(true);
  }
}

const looks = fc.oneof(fc.nat(14), fc.nat(149));

test("the others see it in time, no longer than that, and are not told too often", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...DEEDS), looks), { minLength: 1, maxLength: 30 }),
      async (deeds) => {
        const watched = new Watched();

        for (const [deed, looks] of deeds) {
          watched[deed]();
          await watched.pass(LOOK_MS * looks);
        }
        await watched.pass(SILENCE_MS + TELL_PAUSE_MS);

        expect(watched.isShown).toBe(false);
      },
    ),
    { numRuns: 100 },
  );
}, 60_000);

test("the first key after a pause is told with the key itself", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(29), { minLength: 1, maxLength: 5 }), { maxLength: 5 }),
      async (bursts) => {
        const watched = new Watched();

        for (const burst of bursts) {
          for (const looks of burst) {
            watched.press();
            expect(watched.isShown).toBe(true);
            await watched.pass(LOOK_MS * looks);
          }
          await watched.pass(SILENCE_MS + TELL_PAUSE_MS);
        }
      },
    ),
    { numRuns: 100 },
  );
}, 60_000);
