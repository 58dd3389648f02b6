/**
 * What this person sent and the server has not acknowledged yet.
 *
 * A draft gets its `client_id` before the first try and keeps it for ever: any number of tries, over
 * socket and HTTP, is one message. One draft per room is in flight, so a room's order is the order
 * of typing. No answer means unknown, never failed: it is tried again.
 */
import type { Cancel, Chance, Clock, Draft, DraftStore } from "./environment";
import { ApiError } from "./http";
import type { Message, ServerFrameOf } from "./protocol";

/** How long an `ack` may take before the other road is tried. */
export const ACK_WITHIN_MS = 5_000;

/** Tries after the first one, before the draft waits for the server to come back. */
export const MAX_RETRIES = 3;

const RETRY_BASE_MS = 1_000;

/**
 * What ran out of tries goes again after this, even where no reconnection says that the server is
 * back: a database that is down closes no socket.
 */
export const REST_MS = 30_000;

/** Refused for a moment, not for good. */
const OUTAGES = new Set(["unavailable", "timeout", "internal", "rate_limited", "unauthenticated"]);

export interface Roads {
  /** Put a draft on the socket. `attempt` 0 is `message`, 1…3 are `retry`. False: no socket. */
  overSocket(draft: Draft, attempt: number): boolean;
  overHttp(draft: Draft): Promise<Message>;
}

export interface OutboxHandlers {
  /** The drafts of a room changed. */
  onChange(room: string): void;
  onSent(message: Message): void;
}

interface Flight {
  draft: Draft;
  retries: number;
  /** The timer of the next step: the missing ack, or the next try. */
  cancel: Cancel;
  /** Which answer still counts: one that belongs to an earlier step is ignored. */
  step: number;
}

export class Outbox {
  private drafts: Draft[] = [];
  private readonly flights = new Map<string, Flight>();
  private readonly rests = new Map<string, Cancel>();
  private closed = false;

  constructor(
    private readonly env: { clock: Clock; chance: Chance; drafts: DraftStore },
    private readonly roads: Roads,
    private readonly handlers: OutboxHandlers,
  ) {}

  /** The drafts of a room in the order of sending. */
  of(room: string): readonly Draft[] {
    return this.drafts.filter((draft) => draft.room === room);
  }

  /** Take over what an earlier page left behind. */
  async restore(sender: string): Promise<void> {
    const kept = await this.env.drafts.load(sender).catch(() => []);
    const known = new Set(this.drafts.map((draft) => draft.client_id));
    this.drafts = [...kept.filter((draft) => !known.has(draft.client_id)), ...this.drafts];
    this.flush();
  }

  /** Show at once, keep, then send. */
  add(draft: Omit<Draft, "client_id" | "created_at" | "state">): Draft {
    const whole: Draft = {
      ...draft,
      client_id: this.env.chance.uuid(),
      created_at: this.env.clock.now(),
      state: "pending",
    };
    this.drafts.push(whole);
    this.revive(draft.room);
    this.handlers.onChange(draft.room);
    void this.keep(whole).then(() => {
      this.next(draft.room);
    });
    return whole;
  }

  /** Try a draft again because the person said so. */
  retry(clientId: string): void {
    const draft = this.find(clientId);
    if (draft === undefined || draft.state === "pending") return;
    draft.state = "pending";
    delete draft.reason;
    this.revive(draft.room);
    this.handlers.onChange(draft.room);
    this.next(draft.room);
  }

  /** Give a failed draft up because the person said so. */
  discard(clientId: string): void {
    const draft = this.find(clientId);
    if (draft?.state === "failed") this.forget(draft);
  }

  /** The server answers again: everything that has not failed goes now, and counts anew. */
  flush(): void {
    for (const room of new Set(this.drafts.map((draft) => draft.room))) {
      this.revive(room);
      const flight = this.flights.get(room);
      if (flight === undefined) this.next(room);
      else {
        flight.retries = 0;
        this.attempt(flight);
      }
      this.handlers.onChange(room);
    }
  }

  /** The server has it: by `ack`, by HTTP, or because the message itself came back. */
  settle(message: Pick<Message, "client_id" | "id" | "seq" | "created_at">): void {
    const draft = this.find(message.client_id);
    if (draft === undefined) return;
    const { room, sender, content, client_id } = draft;
    const { id, seq, created_at } = message;
    this.handlers.onSent({ id, room, seq, sender, client_id, content, reply_to: null, created_at });
    this.forget(draft);
    this.land(draft);
    this.next(room);
  }

  /** An `error` frame that names a draft. */
  onError(error: Pick<ServerFrameOf<"error">, "code" | "message" | "client_id" | "retry_after">) {
    const draft = this.find(error.client_id ?? "");
    const flight = draft && this.flights.get(draft.room);
    if (flight?.draft !== draft || flight === undefined) return;
    this.judge(flight, error.code, error.message, error.retry_after ?? null);
  }

  /** Forget the timers; what is kept stays kept. */
  close(): void {
    this.closed = true;
    for (const flight of this.flights.values()) flight.cancel();
    for (const cancel of this.rests.values()) cancel();
    this.flights.clear();
  }

  private next(room: string): void {
    if (this.closed || this.flights.has(room)) return;
    const draft = this.drafts.find((one) => one.room === room && one.state === "pending");
    if (draft === undefined) return;
    const flight: Flight = { draft, retries: 0, cancel: () => undefined, step: 0 };
    this.flights.set(room, flight);
    this.attempt(flight);
  }

  private attempt(flight: Flight): void {
    flight.cancel();
    flight.step += 1;
    if (!this.roads.overSocket(flight.draft, flight.retries)) {
      void this.attemptOverHttp(flight);
      return;
    }
    flight.cancel = this.env.clock.after(ACK_WITHIN_MS, () => {
      void this.attemptOverHttp(flight);
    });
  }

  private async attemptOverHttp(flight: Flight): Promise<void> {
    flight.step += 1;
    const { step } = flight;
    try {
      this.settle(await this.roads.overHttp(flight.draft));
    } catch (error) {
      if (flight.step !== step || this.flights.get(flight.draft.room) !== flight) return;
      if (!(error instanceof ApiError)) throw error;
      const code = error.isOutage && !OUTAGES.has(error.code) ? "unavailable" : error.code;
      this.judge(flight, code, error.message, error.retryAfter);
    }
  }

  private judge(flight: Flight, code: string, reason: string, retryAfterS: number | null): void {
    flight.cancel();
    flight.step += 1;
    if (!OUTAGES.has(code)) {
      this.fail(flight, reason);
      return;
    }
    if (code !== "rate_limited") flight.retries += 1;
    if (flight.retries > MAX_RETRIES) {
      this.suspend(flight.draft.room);
      return;
    }
    const jitter = 0.5 + this.env.chance.random() / 2;
    const backoffMs = RETRY_BASE_MS * 2 ** Math.max(0, flight.retries - 1) * jitter;
    flight.cancel = this.env.clock.after(Math.max(backoffMs, (retryAfterS ?? 0) * 1000), () => {
      this.attempt(flight);
    });
  }

  private fail(flight: Flight, reason: string): void {
    const { draft } = flight;
    draft.state = "failed";
    draft.reason = reason;
    void this.keep(draft);
    this.land(draft);
    this.handlers.onChange(draft.room);
    this.next(draft.room);
  }

  /** Out of tries: the whole room waits, or a later draft would overtake this one. */
  private suspend(room: string): void {
    this.flights.delete(room);
    for (const draft of this.of(room)) if (draft.state === "pending") draft.state = "queued";
    const rest = this.env.clock.after(REST_MS, () => {
      this.revive(room);
      this.handlers.onChange(room);
      this.next(room);
    });
    this.rests.set(room, rest);
    this.handlers.onChange(room);
  }

  private revive(room: string): void {
    this.rests.get(room)?.();
    for (const draft of this.of(room)) if (draft.state === "queued") draft.state = "pending";
  }

  private land(draft: Draft): void {
    const flight = this.flights.get(draft.room);
    if (flight?.draft !== draft) return;
    flight.cancel();
    this.flights.delete(draft.room);
  }

  private find(clientId: string): Draft | undefined {
    return this.drafts.find((draft) => draft.client_id === clientId);
  }

  private async keep(draft: Draft): Promise<void> {
    await this.env.drafts.put({ ...draft }).catch(() => undefined);
  }

  private forget(draft: Draft): void {
    this.drafts = this.drafts.filter((one) => one !== draft);
    void this.env.drafts.remove(draft.client_id).catch(() => undefined);
    this.handlers.onChange(draft.room);
  }
}
