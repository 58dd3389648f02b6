/**
 * Filling holes: which rooms miss something, when to ask, and what to make of the answer.
 *
 * One `sync` is on its way at a time. A hole that an answer did not fill is asked for again ever more
 * slowly: the server may be behind itself, and a loop would not help it.
 */
import type { Cancel, Clock } from "./environment";
import { SYNC_ROOMS } from "./protocol";
import type { ServerFrameOf } from "./protocol";
import type { Room } from "./room";

/** How long the queue may take to replay what waited: it ends with `drained`, or is down. */
export const DRAINED_WITHIN_MS = 2_000;

/** A live frame that overtook another may still be followed by it. */
export const HOLE_PATIENCE_MS = 500;

const ANSWER_WITHIN_MS = 10_000;
const SLOWEST_MS = 30_000;

interface Hole {
  dueAt: number;
  /** Answers in a row that brought nothing. */
  fruitless: number;
  cursor: number;
}

export class Repair {
  private readonly holes = new Map<string, Hole>();
  private asked: { ref: string; rooms: string[] } | null = null;
  private count = 0;
  private timer: Cancel = () => undefined;
  private replayUntil = 0;

  constructor(
    private readonly clock: Clock,
    /** Unlike that of any other page that asks over the same connection. */
    private readonly page: string,
    private readonly rooms: ReadonlyMap<string, Room>,
    /** Send a `sync`; false where there is no connection. */
    private readonly ask: (cursors: Record<string, number>, ref: string) => boolean,
  ) {}

  /** Look at a room: where it misses something, ask for it after `patienceMs`. */
  check(room: Room, patienceMs: number): void {
    if (!room.isMissingSomething) {
      this.holes.delete(room.id);
      return;
    }
    const dueAt = this.clock.now() + patienceMs;
    const hole = this.holes.get(room.id);
    if (hole === undefined)
      this.holes.set(room.id, { dueAt, fruitless: 0, cursor: room.log.cursor });
    else if (patienceMs === 0) hole.dueAt = Math.min(hole.dueAt, dueAt);
    this.arm();
  }

  /** A session began: what was not delivered yet is replayed to it without being asked for. */
  onWelcome(): void {
    this.replayUntil = this.clock.now() + DRAINED_WITHIN_MS;
  }

  onDrained(): void {
    this.replayUntil = 0;
    this.arm();
  }

  onSynced(frame: ServerFrameOf<"synced">): void {
    if (frame.ref?.startsWith(this.page) === false) return;
    // `from` is above what was asked for where the rest is history (`truncated`) or was written
    // before one joined.
    for (const { room, from } of frame.rooms) this.rooms.get(room)?.log.restartAt(from);
    const asked = this.asked;
    if (asked === null || asked.ref !== frame.ref) return;
    this.asked = null;
    const more = new Set(frame.rooms.filter((entry) => entry.has_more).map((entry) => entry.room));
    for (const id of asked.rooms) this.reconsider(id, more.has(id));
    this.arm();
  }

  /** The `sync` with this `ref` was refused. */
  onError(ref: string, retryAfterS: number): void {
    if (this.asked?.ref === ref) this.giveUp(retryAfterS * 1000);
  }

  /** The connection is gone, and with it every answer. The next `welcome` shows what is missing. */
  reset(): void {
    this.timer();
    this.asked = null;
    this.holes.clear();
  }

  private arm(): void {
    if (this.asked !== null || this.holes.size === 0) return;
    const dueAt = Math.min(...[...this.holes].map(([id, hole]) => this.dueAt(id, hole)));
    this.timer();
    this.timer = this.clock.after(Math.max(0, dueAt - this.clock.now()), () => {
      this.askNow();
    });
  }

  private askNow(): void {
    const cursors: Record<string, number> = {};
    for (const [id, hole] of this.holes) {
      const room = this.rooms.get(id);
      if (!room?.isMissingSomething) this.holes.delete(id);
      else if (
        this.dueAt(id, hole) <= this.clock.now() &&
        Object.keys(cursors).length < SYNC_ROOMS
      ) {
        cursors[id] = hole.cursor = room.log.cursor;
      }
    }
    if (Object.keys(cursors).length === 0) {
      this.arm();
      return;
    }
    this.count += 1;
    const ref = `${this.page}-${this.count}`;
    if (!this.ask(cursors, ref)) return;
    this.asked = { ref, rooms: Object.keys(cursors) };
    this.timer();
    this.timer = this.clock.after(ANSWER_WITHIN_MS, () => {
      this.giveUp(0);
    });
  }

  /** What was delivered once, on this device or on another, is not replayed. */
  private dueAt(id: string, hole: Hole): number {
    const room = this.rooms.get(id);
    const isReplayed = room !== undefined && room.log.cursor >= room.state.delivered_seq;
    return isReplayed ? Math.max(hole.dueAt, this.replayUntil) : hole.dueAt;
  }

  private giveUp(waitMs: number): void {
    for (const id of this.asked?.rooms ?? []) this.reconsider(id, false, waitMs);
    this.asked = null;
    this.arm();
  }

  private reconsider(id: string, hasMore: boolean, waitMs = 0): void {
    const room = this.rooms.get(id);
    const hole = this.holes.get(id);
    if (room === undefined || hole === undefined) return;
    const moved = room.log.cursor > hole.cursor;
    if (!room.isMissingSomething) {
      this.holes.delete(id);
      return;
    }
    hole.fruitless = moved || hasMore ? 0 : hole.fruitless + 1;
    const slower = hole.fruitless && Math.min(HOLE_PATIENCE_MS * 2 ** hole.fruitless, SLOWEST_MS);
    hole.dueAt = this.clock.now() + Math.max(waitMs, slower);
  }
}
