/**
 * Whether somebody is at this device, and when the server has to hear of it.
 *
 * A new session counts as active, so only `away` is told again on a new connection; and behind what
 * the server takes for the deed of a person though nobody is there, as a message that is read because
 * it stands on a screen. It takes a long silence for away: `active` is repeated while it is true.
 */
import type { Cancel, Clock, Usage } from "./environment";

/** Without a key, a touch or a move of the pointer for so long, nobody is there. */
export const AWAY_AFTER_MS = 5 * 60_000;

/** `active` is told again after so long; six minutes after it the server believes it no longer. */
export const REPEAT_AFTER_MS = 4 * 60_000;

export type ActivityState = "active" | "away";

export class Activity {
  private state: ActivityState = "active";
  private usedAt = 0;
  private toldAt = 0;
  private timer: Cancel = () => undefined;
  private unlisten: Cancel = () => undefined;

  constructor(
    private readonly env: { clock: Clock; usage: Usage },
    /** False where there is no connection: nothing is kept for later. */
    private readonly tell: (state: ActivityState) => boolean,
  ) {}

  start(): void {
    this.usedAt = this.toldAt = this.env.clock.now();
    this.unlisten = this.env.usage.onUse(() => {
      this.usedAt = this.env.clock.now();
      this.look();
    });
    this.look();
    this.waitForNews();
  }

  close(): void {
    this.unlisten();
    this.timer();
  }

  /** A session began, and counts as active. */
  onWelcome(): void {
    this.toldAt = this.env.clock.now();
    this.holdAway();
  }

  /** Something was sent that counts as done by a person. */
  holdAway(): void {
    if (this.state === "away") this.tell("away");
  }

  /** Judge by what there is to see and by the time. */
  private look(): void {
    const { clock, usage } = this.env;
    const isHere = usage.isShown() && clock.now() - this.usedAt < AWAY_AFTER_MS;
    const state = isHere ? "active" : "away";
    const isOld = this.usedAt > this.toldAt && clock.now() - this.toldAt >= REPEAT_AFTER_MS;
    if (state === this.state && (state === "away" || !isOld)) return;
    this.state = state;
    this.toldAt = clock.now();
    this.tell(state);
    this.waitForNews();
  }

  /** Look again when time alone may have changed something. While away it cannot. */
  private waitForNews(): void {
    this.timer();
    if (this.state === "away") return;
    const now = this.env.clock.now();
    const times = [this.toldAt + REPEAT_AFTER_MS, this.usedAt + AWAY_AFTER_MS];
    const next = Math.min(...times.filter((at) => at > now));
    this.timer = this.env.clock.after(next - now, () => {
      this.look();
      this.waitForNews();
    });
  }
}
