/**
 * One user's connection: open it, keep it alive, bring it back.
 *
 * It knows frames only as far as it must (`welcome`, `reconnect`, `rate_limited`) and hands all of
 * them on. `online` means that `welcome` has arrived, not that a socket is open.
 */
import { Emitter } from "./emitter";
import type { Cancel, Environment, Transport } from "./environment";
import { parseFrame } from "./protocol";
import type { ClientFrame, ServerFrame, Welcome } from "./protocol";
import {
  OFFLINE_RETRY_MS,
  RATE_LIMITED_MS,
  isOffline,
  meaningOfClose,
  reconnectDelayMs,
} from "./reconnection";
import type { CloseMeaning } from "./reconnection";

/** From opening the socket to `welcome`; a network that swallows packets never says no. */
export const WELCOME_WITHIN_MS = 10_000;

/** From `ping` to any frame at all. */
export const PONG_WITHIN_MS = 10_000;

/** The same once the device says that its network is gone: it is probably right. */
export const PROOF_WITHIN_MS = 2_000;

/** A connection that lived this long was a good one: the ladder starts anew after it. */
const GOOD_AFTER_MS = 30_000;

/**
 * Why there is no connection: one that stood was `lost`; no answer came in time; the server could not
 * be reached, or would not have us; it has had too much of us.
 */
export type Trouble = "lost" | "timeout" | "unavailable" | "limited";

/** How a connection stands. */
export type ConnectionState =
  | { name: "stopped" }
  /** `trouble`: what was wrong before; null at the beginning. */
  | { name: "connecting"; attempt: number; trouble: Trouble | null }
  | { name: "online" }
  /**
   * Between two tries. `offline` after the fifth, when HTTP is what may still answer, and at once
   * where the device has no network (`cutOff`).
   */
  | {
      name: "waiting";
      attempt: number;
      retryAt: number;
      trouble: Trouble;
      offline: boolean;
      cutOff: boolean;
    }
  /** The session is over: only signing in helps. */
  | { name: "signed_out" };

/** What one can listen to by `Connection.on`. */
export interface ConnectionEvents {
  state: ConnectionState;
  frame: ServerFrame;
  /** The server closed because of something this client did wrong. */
  fault: number;
}

/** Ask the server whether the session still stands. `unknown`: no answer. */
export type RenewSession = () => Promise<"valid" | "gone" | "unknown">;

/** One connection of one page. Pages share one: `TabCoordinator`. */
export class Connection extends Emitter<ConnectionEvents> {
  /** How it stands. */
  state: ConnectionState = { name: "stopped" };

  private transport: Transport | null = null;
  private attempt = 0;
  private openedAt = 0;
  private heartbeatMs = 30_000;
  private announcedMs: number | null = null;
  private limitedMs = 0;
  private renewed = false;
  /** The device says so, and no frame came since. */
  private isCutOff = false;
  private trouble: Trouble | null = null;
  private timer: Cancel = () => undefined;
  private deadline: Cancel = () => undefined;
  private stopListening: Cancel[] = [];

  constructor(
    private readonly env: Pick<
      Environment,
      "clock" | "chance" | "onWake" | "onNetwork" | "openTransport"
    >,
    /** The id of whose it is. */
    private readonly me: string,
    private readonly renew: RenewSession,
  ) {
    super();
  }

  /** Whether `welcome` has come, and nothing bad since. */
  get isOnline(): boolean {
    return this.state.name === "online";
  }

  /** Connect, and come back by oneself whenever it is lost. */
  start(): void {
    if (this.state.name !== "stopped" && this.state.name !== "signed_out") return;
    this.stopListening = [
      this.env.onWake(() => {
        this.wake();
      }),
      this.env.onNetwork((isUp) => {
        if (isUp) this.networkBack();
        else this.networkLost();
      }),
    ];
    this.isCutOff = false;
    this.trouble = null;
    this.attempt = 0;
    this.renewed = false;
    this.open();
  }

  /** End it; nobody comes back. */
  stop(): void {
    this.end({ name: "stopped" });
  }

  /** The session is over, as somebody else found out. */
  expire(): void {
    this.end({ name: "signed_out" });
  }

  /** Send a frame now. False when there is no connection: nothing is kept for later here. */
  send(frame: ClientFrame): boolean {
    if (!this.isOnline || this.transport === null) return false;
    this.transport.send(JSON.stringify(frame));
    return true;
  }

  /** Do not wait for the next try. While online: find out whether the connection still lives. */
  wake(): void {
    if (this.state.name === "waiting") this.open();
    else if (this.state.name === "online") this.ping();
  }

  private networkBack(): void {
    // The first tries often come before the network really carries: they take the quick ladder.
    if (this.isCutOff) this.attempt = 0;
    this.isCutOff = false;
    this.wake();
  }

  /** Many a socket stays open on a network that is gone, so the server is asked for proof. */
  private networkLost(): void {
    this.isCutOff = true;
    if (this.state.name === "online") this.ping();
    else if (this.state.name === "connecting") this.dropAfter(PROOF_WITHIN_MS);
    else if (this.state.name === "waiting") {
      this.cancelTimers();
      this.waitFor(OFFLINE_RETRY_MS);
    }
  }

  private open(): void {
    this.cancelTimers();
    this.connecting();
    this.announcedMs = null;
    this.limitedMs = 0;
    const events = {
      onOpen: () => undefined,
      onText: (text: string) => {
        if (this.transport === transport) this.receive(text);
      },
      onClose: (code: number) => {
        if (this.transport === transport) this.closed(meaningOfClose(code), code);
      },
    };
    const transport = this.env.openTransport(events);
    this.transport = transport;
    this.dropAfter(WELCOME_WITHIN_MS);
  }

  private receive(text: string): void {
    const frame = parseFrame(text);
    if (frame === null) return;
    // Another page of this browser has signed in somebody else since.
    if (frame.type === "welcome" && frame.user.id !== this.me) {
      this.expire();
      return;
    }
    this.isCutOff = false;
    if (this.isOnline) this.deadline();
    if (frame.type === "welcome") this.welcomed(frame);
    else if (frame.type === "reconnect") this.announcedMs = frame.after_ms;
    else if (frame.type === "error" && frame.code === "rate_limited")
      this.limitedMs = (frame.retry_after ?? 0) * 1000;
    this.emit("frame", frame);
  }

  private welcomed(frame: Welcome): void {
    this.deadline();
    this.openedAt = this.env.clock.now();
    this.heartbeatMs = frame.heartbeat_s * 1000;
    this.renewed = false;
    this.trouble = null;
    this.moveTo({ name: "online" });
    this.beat();
  }

  private beat(): void {
    this.timer();
    this.timer = this.env.clock.after(this.heartbeatMs, () => {
      this.ping();
    });
  }

  private ping(): void {
    this.dropAfter(this.isCutOff ? PROOF_WITHIN_MS : PONG_WITHIN_MS);
    this.send({ type: "ping" });
    this.beat();
  }

  private dropAfter(ms: number): void {
    this.deadline();
    this.deadline = this.env.clock.after(ms, () => {
      this.drop();
    });
  }

  /** Give up a connection that no longer answers, without waiting for its close. */
  private drop(): void {
    this.transport?.close(4000);
    this.closed("lost", 1006, "timeout");
  }

  private closed(
    meaning: CloseMeaning,
    code: number,
    trouble: Trouble = troubleOf(meaning, this.isOnline),
  ): void {
    const wasOnline = this.isOnline;
    this.trouble = trouble;
    const wasGood = wasOnline && this.env.clock.now() - this.openedAt >= GOOD_AFTER_MS;
    if (wasGood || (wasOnline && (meaning === "lost" || meaning === "announced"))) this.attempt = 0;
    this.transport = null;
    this.cancelTimers();
    if (meaning === "fault") this.emit("fault", code);
    if (meaning === "renew" && !this.renewed) void this.renewThenOpen();
    else this.waitFor(this.delayAfter(meaning));
  }

  private delayAfter(meaning: CloseMeaning): number {
    this.attempt += 1;
    const usual = reconnectDelayMs(this.attempt, () => this.env.chance.random());
    if (meaning === "announced" && this.announcedMs !== null) return this.announcedMs;
    if (meaning === "lost" && this.isCutOff) return OFFLINE_RETRY_MS;
    if (meaning === "wait") return Math.max(usual, this.limitedMs || RATE_LIMITED_MS);
    return usual;
  }

  private waitFor(ms: number): void {
    const retryAt = this.env.clock.now() + ms;
    this.timer = this.env.clock.after(ms, () => {
      this.open();
    });
    const offline = this.isCutOff || isOffline(this.attempt);
    const { attempt, isCutOff: cutOff, trouble } = this;
    this.moveTo({
      name: "waiting",
      attempt,
      retryAt,
      trouble: trouble ?? "lost",
      offline,
      cutOff,
    });
  }

  /** Once per lost session: a second 4001 in a row takes the ladder, or two would chase for ever. */
  private async renewThenOpen(): Promise<void> {
    this.renewed = true;
    this.connecting();
    const asked = this.state;
    const session = await this.renew();
    if (this.state !== asked) return;
    if (session === "valid") this.open();
    else if (session === "gone") this.end({ name: "signed_out" });
    else this.waitFor(this.delayAfter("lost"));
  }

  private connecting(): void {
    const { attempt, trouble } = this;
    this.moveTo({ name: "connecting", attempt, trouble });
  }

  private end(state: ConnectionState): void {
    this.cancelTimers();
    for (const stop of this.stopListening) stop();
    const transport = this.transport;
    this.transport = null;
    transport?.close(1000);
    this.moveTo(state);
  }

  private cancelTimers(): void {
    this.timer();
    this.deadline();
  }

  private moveTo(state: ConnectionState): void {
    this.state = state;
    this.emit("state", state);
  }
}

function troubleOf(meaning: CloseMeaning, wasOnline: boolean): Trouble {
  if (meaning === "wait") return "limited";
  return wasOnline && meaning !== "pushed" ? "lost" : "unavailable";
}
