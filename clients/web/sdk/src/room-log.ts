/**
 * The messages of one room that this device holds: one unbroken run of seqs, and what came too
 * early.
 *
 * The run is (base, cursor]. `cursor` is what may be reported and asked from; a message above a hole
 * is kept aside until the hole is filled. Adding is idempotent by seq.
 */
import type { Message } from "./protocol";

/** What is held of one room: `Room.log`. */
export class RoomLog {
  private readonly run = new Map<number, Message>();
  private readonly aside = new Map<number, Message>();
  private base: number;

  /** The highest seq up to which nothing is missing above the base. */
  cursor: number;

  /** Whether history below the run may exist and was not yet loaded. */
  hasOlder: boolean;

  /** From here up to the run the messages are in the store; above the run's end none is. */
  keptFrom: number;

  /**
   * @param start the cursor to begin with: everything above it has to come.
   * @param keptFrom see there; by default nothing is in the store.
   */
  constructor(start: number, keptFrom = start + 1) {
    this.base = start;
    this.cursor = start;
    this.keptFrom = keptFrom;
    this.hasOlder = start > 0;
  }

  /** The unbroken run, ascending. */
  get messages(): Message[] {
    return this.since(this.base);
  }

  /** What the run holds above a seq, ascending. */
  since(seq: number): Message[] {
    const all: Message[] = [];
    for (let next = Math.max(seq, this.base) + 1; next <= this.cursor; next += 1) {
      const message = this.run.get(next);
      if (message !== undefined) all.push(message);
    }
    return all;
  }

  /** The one at the cursor, where it is held. */
  get newest(): Message | undefined {
    return this.run.get(this.cursor);
  }

  /** What waits above a hole, ascending. */
  get waiting(): Message[] {
    return [...this.aside.values()].sort((a, b) => a.seq - b.seq);
  }

  /** The message with this seq, where the run holds it. */
  at(seq: number): Message | undefined {
    return this.run.get(seq);
  }

  /** The lowest seq of the run: history is asked for below it. */
  get lowest(): number {
    return this.base + 1;
  }

  /** The highest seq that was seen at all, above a hole or not. */
  get highestSeen(): number {
    return Math.max(this.cursor, ...this.aside.keys());
  }

  /** Whether another message than this one is held under its seq: the server must never do that. */
  contradicts(message: Message): boolean {
    const held = this.run.get(message.seq) ?? this.aside.get(message.seq);
    return held !== undefined && held.client_id !== message.client_id;
  }

  /** How many messages the run holds. */
  get size(): number {
    return this.cursor - this.base;
  }

  /** Hold only the newest so many of the run: the others are loaded again when they are wanted. */
  trim(count: number): void {
    while (this.size > count) {
      this.base += 1;
      this.run.delete(this.base);
      this.hasOlder = true;
    }
  }

  /** Take a live, synced or own message. False when nothing new can be shown because of it. */
  add(message: Message): boolean {
    if (message.seq <= this.cursor) return false;
    this.aside.set(message.seq, message);
    return this.advance();
  }

  /** Put a page of history below the run. Only a page that touches it is taken. */
  addOlder(messages: readonly Message[], hasMore: boolean): void {
    for (const message of [...messages].sort((a, b) => b.seq - a.seq)) {
      if (message.seq !== this.base) continue;
      this.run.set(message.seq, message);
      this.base -= 1;
    }
    this.keptFrom = Math.min(this.keptFrom, this.lowest);
    this.hasOlder = hasMore && this.base > 0;
  }

  /** What lies below the run may be read from now on. */
  reopenHistory(): void {
    this.hasOlder = this.base > 0;
  }

  /**
   * Begin anew at `from`: what lies between the old run and it will not be sent any more (it is
   * history, to be loaded from below). A `from` inside or next to the run changes nothing.
   */
  restartAt(from: number): void {
    if (from <= this.cursor + 1) return;
    this.run.clear();
    this.base = from - 1;
    this.cursor = from - 1;
    this.keptFrom = from;
    this.hasOlder = true;
    for (const seq of [...this.aside.keys()]) if (seq < from) this.aside.delete(seq);
    this.advance();
  }

  private advance(): boolean {
    const before = this.cursor;
    for (;;) {
      const next = this.aside.get(this.cursor + 1);
      if (next === undefined) return this.cursor > before;
      this.aside.delete(next.seq);
      this.run.set(next.seq, next);
      this.cursor = next.seq;
    }
  }
}
