/**
 * Hearing over HTTP as long as no WebSocket gets through: one long poll behind the other.
 *
 * An answer is told as the frames it could have come in, so nobody has to know how they came. Who is
 * there and who types is not told this way.
 */
import type { ConnectionState } from "./connection";
import type { Cancel, Chance, Clock } from "./environment";
import { ApiError } from "./problem";
import type { Api, SyncAnswer } from "./http";
import { SYNC_ROOMS } from "./protocol";
import type { ClientFrame, ServerFrame } from "./protocol";
import { reconnectDelayMs } from "./reconnection";
import type { Room } from "./room";

/** How long the server keeps a call that has nothing to tell. */
export const POLL_S = 25;

/** The try after which it begins where no WebSocket has ever come through; otherwise once offline. */
const UNTRIED = 3;

/** Between two calls: what comes at the same time comes together … */
const SOON_MS = 100;

/** … and a server that stops answers at once, with nothing. */
const IDLE_MS = 1_000;

export interface PollingHandlers {
  onFrame(frame: ServerFrame): void;
  /** The first answer of all, or after there was none. */
  onAnswering(): void;
}

export class Polling {
  /** Whether the last call was answered. */
  isAnswering = false;
  private isOn = false;
  private wasOnline = false;
  private failures = 0;
  private timer: Cancel = () => undefined;
  /** The version of a room's watermarks that is known. */
  private readonly marks = new Map<string, number>();
  /** Which loop goes on: an answer to an earlier one starts none. */
  private life = 0;

  constructor(
    private readonly env: { clock: Clock; chance: Chance },
    private readonly api: Api,
    private readonly me: string,
    /** Most recently active first. */
    private readonly rooms: () => readonly Room[],
    private readonly handlers: PollingHandlers,
  ) {}

  /**
   * HTTP may get through where WebSockets do not; the page that leads asks for all. Where they did
   * before they most probably will again: a server that starts anew is not asked twice by everybody.
   */
  onState(state: ConnectionState, isLeading: boolean): void {
    if (state.name === "online") this.wasOnline = true;
    if (isLeading && this.isCalledFor(state)) this.start();
    else if (state.name !== "connecting" || !isLeading) this.stop();
  }

  /** Post a receipt. False where nobody answers; what gets lost the next `welcome` finds out. */
  report(frame: ClientFrame): boolean {
    if (!this.isAnswering) return false;
    if (frame.type !== "delivered" && frame.type !== "read_receipt") return false;
    const { room, seq } = frame;
    const marks = frame.type === "delivered" ? { delivered_seq: seq } : { read_seq: seq };
    void this.api.report(room, marks).catch(() => undefined);
    return true;
  }

  stop(): void {
    this.isOn = this.isAnswering = false;
    this.timer();
  }

  private isCalledFor(state: ConnectionState): boolean {
    if (state.name !== "waiting" || state.cutOff) return false;
    return state.offline || (!this.wasOnline && state.attempt >= UNTRIED);
  }

  private start(): void {
    if (this.isOn) return;
    this.isOn = true;
    this.failures = 0;
    this.marks.clear();
    this.life += 1;
    void this.ask(0);
  }

  private async ask(waitS: number): Promise<void> {
    const { life } = this;
    const rooms = this.rooms().slice(0, SYNC_ROOMS);
    try {
      const answer = await this.api.sync(
        Object.fromEntries(rooms.map(({ id, log }) => [id, log.cursor])),
        Object.fromEntries(rooms.map(({ id, state }) => [id, state.version])),
        Object.fromEntries(this.marks),
        waitS,
      );
      if (this.goesOn(life)) this.heard(this.framesOf(answer), waitS);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.goesOn(life)) this.failed((error.retryAfter ?? 0) * 1000);
    }
  }

  private heard(frames: readonly ServerFrame[], waitS: number): void {
    this.failures = 0;
    const wasAnswering = this.isAnswering;
    this.isAnswering = true;
    for (const frame of frames) this.handlers.onFrame(frame);
    if (!wasAnswering) this.handlers.onFrame({ type: "synced", rooms: [] });
    this.askAfter(frames.length === 0 && waitS > 0 ? IDLE_MS : SOON_MS, POLL_S);
    if (!wasAnswering) this.handlers.onAnswering();
  }

  /** What is known of watermarks is old by then: the next call begins anew. */
  private failed(atLeastMs: number): void {
    this.failures += 1;
    this.isAnswering = false;
    this.marks.clear();
    const usualMs = reconnectDelayMs(this.failures, () => this.env.chance.random());
    this.askAfter(Math.max(usualMs, atLeastMs), 0);
  }

  private goesOn(life: number): boolean {
    return this.isOn && life === this.life;
  }

  private askAfter(ms: number, waitS: number): void {
    this.timer = this.env.clock.after(ms, () => {
      void this.ask(waitS);
    });
  }

  private framesOf({ changed, messages, statuses, rooms }: SyncAnswer): ServerFrame[] {
    const frames: ServerFrame[] = changed.map((room) => ({ type: "room", ...room }));
    frames.push(...messages.map((message) => ({ type: "message" as const, ...message })));
    for (const { room, lowest, members, marks_version, delivered_seq, read_seq } of statuses) {
      if (marks_version !== undefined) this.marks.set(room, marks_version);
      const own = { user: this.me, delivered_seq: delivered_seq ?? 0, read_seq: read_seq ?? 0 };
      frames.push({ type: "status", room, lowest, members: members ?? [{ ...own, at: "" }] });
    }
    const moved = rooms.filter(({ from, to, truncated }) => truncated === true || to >= from);
    if (moved.length > 0) frames.push({ type: "synced", rooms: moved });
    return frames;
  }
}
