/**
 * One room as this device knows it: what the server says about it, what is held of it, and how far
 * its person and everybody else have come.
 *
 * Watermarks only grow here, whatever order the news arrives in.
 */
import type { KeptRoom } from "./environment";
import type { Message, RoomState, Status, StatusFrame, Watermark } from "./protocol";
import { RoomLog } from "./room-log";

/** How far a message of one's own has come that has a seq. */
export type Progress = Extract<Status, "sent" | "delivered" | "read">;

interface Marks {
  delivered: number;
  read: number;
}

/** One room, as `ChatClient.rooms` and `ChatClient.room` have it. */
export class Room {
  /** What the server said of it last, with the highest seqs that were ever told. */
  state: RoomState;
  /** The messages that are held. */
  readonly log: RoomLog;

  /** Up to here the person has seen it, on this device or on another. */
  readSeq: number;

  /** What the server is known to know of this person. */
  told: Marks;

  /** Grows with the latest activity: rooms are shown in descending order of it. */
  activity = 0;

  /** Grows whenever somebody has come further: what is shown of a message's receipts is old then. */
  advances = 0;

  /** Up to here messages are no news: they were there when the session or the stay began. */
  private settledSeq: number;

  /** Up to where everybody else has come. Who is left alone keeps what was true until then. */
  private others: Marks = { delivered: 0, read: 0 };

  constructor(
    state: RoomState,
    /** Whose device this is. */
    private readonly me: string,
    /** What is kept of it, where something is. */
    kept?: KeptRoom,
  ) {
    this.state = state;
    this.log = kept === undefined ? newLog(state) : logOf(kept);
    this.readSeq = state.read_seq;
    this.settledSeq = kept === undefined ? state.delivered_seq : state.last_seq;
    this.told = { delivered: state.delivered_seq, read: state.read_seq };
    this.foldLowest(state.lowest);
  }

  /** Of the server; opaque. */
  get id(): string {
    return this.state.id;
  }

  /** The highest seq that is known to exist. */
  get head(): number {
    return Math.max(this.state.last_seq, this.log.highestSeen);
  }

  /** Whether messages exist above what is held without a hole: they are on their way. */
  get isMissingSomething(): boolean {
    return this.log.cursor < this.head;
  }

  /**
   * What there is to show, ascending: what is held without a hole, and what oneself wrote above
   * one. That stood on the screen as a draft, and must not vanish until the hole is filled.
   */
  get shown(): Message[] {
    return [...this.log.messages, ...this.ownWaiting];
  }

  /** The last of what there is to show. */
  get newest(): Message | undefined {
    return this.ownWaiting.at(-1) ?? this.log.newest;
  }

  /** Messages of others above the read mark. */
  get unread(): number {
    const above = [...this.log.since(this.readSeq), ...this.log.waiting];
    const own = above.filter((one) => one.sender === this.me && one.seq > this.readSeq);
    return Math.max(0, this.head - this.readSeq - own.length);
  }

  /** Fold what `welcome`, a `room` frame or HTTP says. An older version changes no description. */
  fold(state: RoomState): void {
    const newer = state.version >= this.state.version ? state : this.state;
    if (newer.open_history && !this.state.open_history) this.log.reopenHistory();
    this.state = {
      ...newer,
      last_seq: Math.max(state.last_seq, this.state.last_seq),
      delivered_seq: Math.max(state.delivered_seq, this.state.delivered_seq),
      read_seq: Math.max(state.read_seq, this.state.read_seq),
    };
    this.readSeq = Math.max(this.readSeq, state.read_seq);
    this.told = { delivered: state.delivered_seq, read: state.read_seq };
    if (newer === state) this.foldLowest(state.lowest);
  }

  /** Fold a `status` frame: how far the others are, and how far oneself is on another device. */
  foldStatus({ lowest, members }: Pick<StatusFrame, "lowest" | "members">): void {
    this.foldLowest(lowest);
    this.advances += 1;
    const own = members?.find((mark) => mark.user === this.me);
    if (own === undefined) return;
    const { delivered_seq, read_seq } = this.state;
    this.state = {
      ...this.state,
      delivered_seq: Math.max(own.delivered_seq, delivered_seq),
      read_seq: Math.max(own.read_seq, read_seq),
    };
    this.readSeq = Math.max(own.read_seq, this.readSeq);
    this.learn({ delivered: own.delivered_seq, read: own.read_seq });
  }

  /** What there is now is no news: a session begins with it. */
  settle(): void {
    this.settledSeq = this.head;
  }

  /**
   * True when the message is news: the newest that ever came. That there is one may have been told
   * before it comes, where a description of the room overtook it.
   */
  take(message: Message): boolean {
    const isNews = message.seq > Math.max(this.settledSeq, this.log.highestSeen);
    this.log.add(message);
    return isNews;
  }

  /** Another page of this device told the server how far it is. */
  onSaid(seq: number, isRead: boolean): void {
    if (isRead) this.readSeq = Math.max(this.readSeq, seq);
    this.learn({ delivered: seq, read: isRead ? seq : this.told.read });
  }

  /** The server knows of these marks: it was told, or it said so. */
  learn({ delivered, read }: Marks): void {
    this.told = {
      delivered: Math.max(this.told.delivered, this.withOwnAbove(Math.max(delivered, read))),
      read: Math.max(this.told.read, this.withOwnAbove(read)),
    };
  }

  /** How far a message of one's own has come among the others: the rule of `lowest`. */
  progress(seq: number): Progress {
    if (this.others.read >= seq) return "read";
    return this.others.delivered >= seq ? "delivered" : "sent";
  }

  /**
   * The list names who is furthest behind by either mark, so everybody else has passed the least of
   * its marks, and whoever joins later begins above. That much stays true for ever: the greatest of
   * all that was ever said holds, also where an older list comes late, or whoever was behind left.
   */
  private foldLowest(lowest: readonly Watermark[]): void {
    const others = lowest.filter((mark) => mark.user !== this.me);
    if (others.length === 0) return;
    const delivered = Math.min(...others.map((mark) => mark.delivered_seq));
    const read = Math.min(...others.map((mark) => mark.read_seq));
    this.others = {
      delivered: Math.max(delivered, this.others.delivered),
      read: Math.max(read, this.others.read),
    };
  }

  /** The room as it is kept, and as a page learns of it that comes now. */
  get kept(): KeptRoom {
    const { log, activity } = this;
    return {
      state: this.described,
      from: log.keptFrom,
      cursor: log.cursor,
      newest: log.newest ?? null,
      activity,
    };
  }

  /** What is known of it, as the server would say it now. */
  get described(): RoomState {
    const { state, head, readSeq, told, others } = this;
    return {
      ...state,
      last_seq: head,
      delivered_seq: told.delivered,
      read_seq: Math.max(readSeq, told.read),
      lowest: [{ user: "", delivered_seq: others.delivered, read_seq: others.read }],
    };
  }

  private get ownWaiting(): Message[] {
    return this.log.waiting.filter((one) => one.sender === this.me);
  }

  /** The server counts one's own message as read where all below it is: nobody has to say so. */
  private withOwnAbove(seq: number): number {
    let reached = seq;
    while (this.log.at(reached + 1)?.sender === this.me) reached += 1;
    return reached;
  }
}

/** One message below the head even where all was delivered before: the list shows the newest. */
function newLog({ delivered_seq, last_seq }: RoomState): RoomLog {
  return new RoomLog(Math.max(0, Math.min(delivered_seq, last_seq - 1)));
}

function logOf({ cursor, from, newest }: KeptRoom): RoomLog {
  const isWhole = newest?.seq === cursor && from <= cursor;
  const log = new RoomLog(isWhole ? cursor - 1 : cursor, from);
  if (isWhole) log.add(newest);
  return log;
}
