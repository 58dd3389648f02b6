/** Whatever the keys, and whenever they come: what the others see of it. */
import { describe, expect, test } from "vitest";

import { Keystrokes, SILENCE_MS, TELL_PAUSE_MS } from "../src/typing";
import { FakeClock } from "./fakes";

const LOOK_MS = 10;
const DEEDS = ["press", "press", "press", "press", "stop", "send", "reconnect"] as const;

/** Pseudo-random numbers below 1, the same for the same seed. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

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

describe.each(Array.from({ length: 60 }, (_, seed) => seed))("with seed %i", (seed) => {
  test("the others see it in time, no longer than that, and are not told too often", async () => {
    const random = chanceOf(seed);
    const watched = new Watched();

    for (let step = 0; step < 30; step += 1) {
      watched[DEEDS[Math.floor(random() * DEEDS.length)] ?? "press"]();
      const longest = random() < 0.5 ? 15 : 150;
      await watched.pass(LOOK_MS * Math.floor(random() * longest));
    }
    await watched.pass(SILENCE_MS + TELL_PAUSE_MS);

    expect(watched.isShown).toBe(false);
  });

  test("the first key after a pause is told with the key itself", async () => {
    const random = chanceOf(seed);
    const watched = new Watched();

    for (let burst = 0; burst < 5; burst += 1) {
      for (let key = 0; key < 5; key += 1) {
        watched.press();
        expect(watched.isShown).toBe(true);
        await watched.pass(LOOK_MS * Math.floor(random() * 30));
      }
      await watched.pass(SILENCE_MS + TELL_PAUSE_MS);
    }
  });
});
