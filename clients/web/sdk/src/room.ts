/**
 * One room as this device knows it: what the server says about it, what is held of it, and how far
 * its person has come.
 *
 * Watermarks only grow here, whatever order the news arrives in.
 */
import type { Message, RoomState, Watermark } from "./protocol";
import { RoomLog } from "./room-log";

/** How far a message of one's own has come. */
export type Progress = "sent" | "delivered" | "read";

export class Room {
  state: RoomState;
  readonly log: RoomLog;

  /** Up to here the person has seen it on this device, told to the server or not. */
  readSeq: number;

  /** What the server is known to know. */
  told: { delivered: number; read: number };

  /** Grows with the latest activity: rooms are shown in descending order of it. */
  activity = 0;

  constructor(state: RoomState) {
    this.state = state;
    // One message below the head even where all was delivered before: the list shows the newest.
    this.log = new RoomLog(Math.max(0, Math.min(state.delivered_seq, state.last_seq - 1)));
    this.readSeq = state.read_seq;
    this.told = { delivered: state.delivered_seq, read: state.read_seq };
  }

  get id(): string {
    return this.state.id;
  }

  get head(): number {
    return Math.max(this.state.last_seq, this.log.highestSeen);
  }

  get isMissingSomething(): boolean {
    return this.log.cursor < this.head;
  }

  /** Messages of others above the read mark. */
  unread(me: string): number {
    const own = this.log.messages.filter((one) => one.sender === me && one.seq > this.readSeq);
    return Math.max(0, this.head - this.readSeq - own.length);
  }

  /** Fold what `welcome`, a `room` frame or HTTP says. An older version changes no description. */
  fold(state: RoomState): void {
    const newer = state.version >= this.state.version ? state : this.state;
    if (newer.open_history && !this.state.open_history) this.log.reopenHistory();
    this.state = {
      ...newer,
      last_seq: Math.max(state.last_seq, this.state.last_seq),
      lowest: foldLowest(this.state.lowest, state.lowest),
      delivered_seq: Math.max(state.delivered_seq, this.state.delivered_seq),
      read_seq: Math.max(state.read_seq, this.state.read_seq),
    };
    this.readSeq = Math.max(this.readSeq, state.read_seq);
    this.told = { delivered: state.delivered_seq, read: state.read_seq };
  }

  foldLowest(lowest: readonly Watermark[]): void {
    this.state = { ...this.state, lowest: foldLowest(this.state.lowest, lowest) };
  }

  /** True when the message is the newest that was ever seen here. */
  take(message: Message): boolean {
    const isNewest = message.seq > this.head;
    this.log.add(message);
    return isNewest;
  }

  /** What everybody else has: the rule of `lowest` in the protocol. */
  progress(seq: number, me: string): Progress {
    const others = this.state.lowest.filter((mark) => mark.user !== me);
    if (others.length === 0) return "sent";
    if (others.every((mark) => mark.read_seq >= seq)) return "read";
    return others.every((mark) => mark.delivered_seq >= seq) ? "delivered" : "sent";
  }
}

/** The newer list, each mark no lower than it was: frames may overtake each other. */
function foldLowest(old: readonly Watermark[], now: readonly Watermark[]): Watermark[] {
  return now.map((mark) => {
    const before = old.find((one) => one.user === mark.user) ?? mark;
    return {
      ...mark,
      delivered_seq: Math.max(mark.delivered_seq, before.delivered_seq),
      read_seq: Math.max(mark.read_seq, before.read_seq),
    };
  });
}
