/**
 * Sending drafts: which one goes when, over which road, and when it is given up.
 *
 * One draft per room is on its way, so a room's order is the order of writing. Each try climbs: over
 * the socket, by HTTP to chat, then to the queue service. No answer means unknown, never failed: the
 * `client_id` makes any number of tries one message. Only the page that leads sends (`start`); on
 * the others the same calls change the drafts, and the leader hears of it.
 */
import type { Drafts } from "./drafts";
import type { Cancel, Chance, Clock, Draft } from "./environment";
import { ApiError } from "./problem";
import type { Message, ServerFrameOf } from "./protocol";
import type { Roads } from "./roads";

/** How long an `ack` may take before the next road is tried. */
export const ACK_WITHIN_MS = 5_000;

/** Tries after the first one, over all roads, before the draft has failed. */
export const MAX_RETRIES = 3;

const RETRY_BASE_MS = 1_000;

/** What waits for the server to answer again is tried after this: a dead database closes no socket. */
export const REST_MS = 30_000;

/** An answer of the server is a reason to try what waits for it, but not more often than this. */
export const REVIVE_PAUSE_MS = 5_000;

/** The server cannot now, or does not know who asks: it says nothing about the message. */
const OUTAGES = new Set(["unavailable", "timeout", "internal", "unauthenticated", "unreachable"]);

type Road = "socket" | "http" | "queue";

interface Flight {
  draft: Draft;
  road: Road;
  /** How often it climbed in vain. */
  retries: number;
  /** The timer of the next step: the missing ack, or the next try. */
  cancel: Cancel;
  /** Which answer still counts: one that belongs to an earlier step is ignored. */
  step: number;
}

/** Sends the drafts of the page that leads. It belongs to a `ChatClient`, which has `send`. */
export class Outbox {
  private readonly flights = new Map<string, Flight>();
  private readonly rests = new Map<string, Cancel>();
  private isSending = false;
  private revivedAt = -Infinity;

  constructor(
    private readonly env: { clock: Clock; chance: Chance },
    private readonly drafts: Drafts,
    private readonly roads: Roads,
    /** The device has no network: there is no use in trying, and nothing has failed. */
    private readonly isCutOff: () => boolean,
    /** Chat has stored a message, as it said over HTTP. */
    private readonly onPosted: (message: Message) => void,
  ) {}

  /** Send from now on, and first what is there. */
  start(): void {
    this.isSending = true;
    this.flush();
  }

  /** Send no more and forget the timers; what is kept stays kept. */
  close(): void {
    this.isSending = false;
    for (const flight of this.flights.values()) flight.cancel();
    for (const cancel of this.rests.values()) cancel();
    this.flights.clear();
    this.rests.clear();
  }

  /** Show a draft, keep it, send it; and before it what failed because nothing was reached. */
  async add(draft: Draft): Promise<void> {
    const { room } = draft;
    const before = this.drafts.of(room).filter(goesAgain);
    await Promise.all([...before.map((one) => this.renew(one)), this.drafts.put(draft)]);
    this.next(room);
  }

  /** Try a draft again because the person said so; and before it what goes again anyway. */
  async retry(clientId: string): Promise<void> {
    const draft = this.drafts.find(clientId);
    if (draft?.state !== "failed") return;
    const all = this.drafts.of(draft.room).filter((one) => one === draft || goesAgain(one));
    await Promise.all(all.map((one) => this.renew(one)));
    this.next(draft.room);
  }

  /** Give a failed draft up because the person said so. */
  discard(clientId: string): void {
    const draft = this.drafts.find(clientId);
    if (draft?.state === "failed") this.drafts.discard(draft);
  }

  /** A draft changed on another page. */
  onNews(room: string): void {
    const flight = this.flights.get(room);
    if (flight !== undefined && this.drafts.find(flight.draft.client_id) === undefined)
      this.land(flight);
    this.next(room);
  }

  /** Chat answers again: everything goes now that was not refused, in order, and counts anew. */
  flush(): void {
    for (const room of this.drafts.rooms) this.revive(room);
  }

  /** Send what waits for nothing but its turn. */
  goOn(): void {
    for (const room of this.drafts.rooms) this.next(room);
  }

  /** Chat has a message: by `ack`, by HTTP, or because it came back. Returns its draft, if any. */
  settle(clientId: string): Draft | undefined {
    const draft = this.drafts.find(clientId);
    if (draft === undefined) return undefined;
    const flight = this.flights.get(draft.room);
    if (flight?.draft === draft) this.land(flight);
    this.drafts.drop(draft);
    this.reviveAll();
    this.next(draft.room);
    return draft;
  }

  /** An `error` frame that names a draft. */
  onError(error: Pick<ServerFrameOf<"error">, "code" | "message" | "client_id" | "retry_after">) {
    const draft = this.drafts.find(error.client_id ?? "");
    const flight = draft && this.flights.get(draft.room);
    if (flight?.draft !== draft || flight?.road !== "socket") return;
    this.judge(flight, error.code, error.message, error.retry_after ?? 0);
  }

  /** The queue service gave a message up; an `ack` that comes after all has the last word. */
  onFailed({ client_id, message }: ServerFrameOf<"failed">): void {
    const draft = this.drafts.find(client_id);
    if (!this.isSending || draft?.is_held !== true) return;
    const flight = this.flights.get(draft.room);
    if (flight?.draft === draft) this.land(flight);
    this.fail(draft, message);
  }

  private next(room: string): void {
    if (!this.isSending || this.flights.has(room) || this.isCutOff()) return;
    const draft = this.drafts.of(room).find((one) => one.state === "pending");
    if (draft === undefined) return;
    const flight: Flight = {
      draft,
      road: "socket",
      retries: 0,
      cancel: () => undefined,
      step: 0,
    };
    this.flights.set(room, flight);
    this.attempt(flight);
  }

  /** Begin to climb. Behind what is only queued nothing goes to chat: it would overtake. */
  private attempt(flight: Flight): void {
    flight.cancel();
    flight.step += 1;
    flight.road = "socket";
    if (this.drafts.of(flight.draft.room).some((one) => one.state === "queued")) {
      void this.climb(flight, "queue");
    } else if (this.roads.overSocket(flight.draft, flight.retries)) {
      flight.cancel = this.env.clock.after(ACK_WITHIN_MS, () => {
        void this.climb(flight, "http");
      });
    } else void this.climb(flight, "http");
  }

  private async climb(flight: Flight, road: "http" | "queue"): Promise<void> {
    flight.cancel();
    flight.step += 1;
    flight.road = road;
    const { step, draft } = flight;
    try {
      if (road === "queue") {
        await this.roads.toQueue(draft);
        if (this.isCurrent(flight, step)) this.held(flight);
      } else this.onPosted(await this.roads.overHttp(draft));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.isCurrent(flight, step))
        this.judge(flight, codeOf(error, road), error.message, error.retryAfter ?? 0);
    }
  }

  private isCurrent(flight: Flight, step: number): boolean {
    return flight.step === step && this.flights.get(flight.draft.room) === flight;
  }

  /** The queue service has it, from now on or already. */
  private held(flight: Flight): void {
    const { draft } = flight;
    this.land(flight);
    Object.assign(draft, { state: "queued", is_held: true } satisfies Partial<Draft>);
    void this.drafts.put(draft);
    this.restIn(draft.room);
    this.next(draft.room);
  }

  private judge(flight: Flight, code: string, reason: string, retryAfterS: number): void {
    flight.cancel();
    flight.step += 1;
    if (code === "rate_limited") {
      this.attemptLater(flight, retryAfterS);
      return;
    }
    if (OUTAGES.has(code) && this.isCutOff()) this.land(flight);
    else if (!OUTAGES.has(code)) {
      this.land(flight);
      this.fail(flight.draft, reason);
      this.next(flight.draft.room);
    } else if (flight.road === "socket") void this.climb(flight, "http");
    else if (flight.draft.is_held) this.held(flight);
    else if (flight.road === "http") void this.climb(flight, "queue");
    else {
      flight.retries += 1;
      if (flight.retries > MAX_RETRIES) this.strand(flight.draft.room, reason);
      else this.attemptLater(flight, retryAfterS);
    }
  }

  private attemptLater(flight: Flight, atLeastS: number): void {
    const jitter = 0.5 + this.env.chance.random() / 2;
    const backoffMs = RETRY_BASE_MS * 2 ** Math.max(0, flight.retries - 1) * jitter;
    flight.cancel = this.env.clock.after(Math.max(backoffMs, atLeastS * 1000), () => {
      this.attempt(flight);
    });
  }

  private fail(draft: Draft, reason: string): void {
    Object.assign(draft, { state: "failed", reason } satisfies Partial<Draft>);
    delete draft.is_held;
    void this.drafts.put(draft);
  }

  /** Nothing can be reached: the whole room waits, or a later draft would overtake this one. */
  private strand(room: string, reason: string): void {
    this.flights.delete(room);
    for (const draft of this.drafts.of(room)) {
      if (draft.state !== "pending") continue;
      draft.goes_again = true;
      this.fail(draft, reason);
    }
    this.restIn(room);
  }

  private restIn(room: string): void {
    this.rests.get(room)?.();
    this.rests.set(
      room,
      this.env.clock.after(REST_MS, () => {
        this.revive(room);
      }),
    );
  }

  private revive(room: string): void {
    if (!this.isSending) return;
    this.rests.get(room)?.();
    this.rests.delete(room);
    for (const draft of this.drafts.of(room))
      if (draft.state === "queued" || goesAgain(draft)) void this.renew(draft);
    const flight = this.flights.get(room);
    if (flight !== undefined) this.land(flight);
    this.next(room);
  }

  /** Chat answers: a reason to try what waits for it. */
  private reviveAll(): void {
    const now = this.env.clock.now();
    if (this.rests.size === 0 || now < this.revivedAt + REVIVE_PAUSE_MS) return;
    this.revivedAt = now;
    for (const room of [...this.rests.keys()]) this.revive(room);
  }

  private renew(draft: Draft): Promise<void> {
    draft.state = "pending";
    delete draft.reason;
    delete draft.goes_again;
    return this.drafts.put(draft);
  }

  private land(flight: Flight): void {
    flight.cancel();
    flight.step += 1;
    this.flights.delete(flight.draft.room);
  }
}

function goesAgain(draft: Draft): boolean {
  return draft.state === "failed" && draft.goes_again === true;
}

/**
 * Only chat judges a message. The queue service hears of rooms a little later than chat, and may not
 * be there at all.
 */
function codeOf(error: ApiError, road: Road): string {
  const isBlind = road === "queue" && (error.status === 403 || error.status === 404);
  const isOutage = error.isOutage && error.code !== "rate_limited";
  return isBlind || isOutage ? "unavailable" : error.code;
}
