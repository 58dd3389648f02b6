/**
 * The rooms this person is in, as `welcome`, `room` frames and HTTP tell of them.
 *
 * They may overtake each other: what HTTP says of a room that one has left since does not bring it
 * back. Who left and comes back gets a new `Room`: nothing of the former stay is held.
 */
import type { KeptRoom } from "./environment";
import { ApiError } from "./problem";
import type { Api } from "./http";
import type { RoomState, ServerFrameOf, Welcome } from "./protocol";
import { Room } from "./room";

export interface RoomsHandlers {
  /** A room was described, for the first time or anew. */
  onFold(room: Room): void;
  onLeft(id: string): void;
  /** The rooms that found no place in `welcome` are there. */
  onLoaded(): void;
}

export class Rooms {
  private readonly known = new Map<string, Room>();
  /** The rooms that one has left since the last `welcome`, each with its version then. */
  private readonly left = new Map<string, number>();
  private clockOfActivity = 0;
  /** Whether the server has told what there is: what waits in a room that comes later is news. */
  private hasBegun = false;

  constructor(
    private readonly api: Api,
    private readonly me: string,
    /** How far a room was read on this device; 0 where nothing was kept. */
    private readonly markOf: (room: string) => number,
    private readonly handlers: RoomsHandlers,
  ) {}

  get byId(): ReadonlyMap<string, Room> {
    return this.known;
  }

  /** Most recently active first. */
  get byActivity(): Room[] {
    return [...this.known.values()].sort((a, b) => b.activity - a.activity);
  }

  /** Make a room the most recently active one. */
  bump(room: Room): void {
    this.clockOfActivity += 1;
    room.activity = this.clockOfActivity;
  }

  /** Begin with what was kept; the server has not been asked yet. */
  restore(kept: readonly KeptRoom[]): void {
    for (const one of kept) {
      const room = new Room(one.state, this.me, one);
      room.activity = one.activity;
      this.clockOfActivity = Math.max(this.clockOfActivity, one.activity);
      room.readSeq = Math.max(room.readSeq, this.markOf(room.id));
      this.known.set(room.id, room);
    }
  }

  onWelcome(frame: Welcome): void {
    this.hasBegun = true;
    this.left.clear();
    this.forgetOtherLives(frame.rooms);
    const met = new Set(frame.rooms.map((room) => room.id));
    if (!frame.more_rooms) this.forgetAllBut(met, [...this.known.keys()]);
    for (const state of [...frame.rooms].reverse()) this.bump(this.begin(state));
    if (frame.more_rooms) void this.loadMore(met);
  }

  onRoom(frame: ServerFrameOf<"room">): void {
    if (frame.removed) {
      this.left.set(frame.id, frame.version);
      this.forget(frame.id);
      return;
    }
    const isNew = !this.known.has(frame.id);
    const room = this.hasBegun ? this.fold(frame) : this.begin(frame);
    if (isNew) this.bump(room);
  }

  /** Where no WebSocket comes through, this ends the first answer, which says what there is. */
  onSynced(): void {
    this.hasBegun = true;
  }

  /** Take a description of a room that one is in. */
  fold(state: RoomState): Room {
    const room = this.known.get(state.id) ?? this.newRoom(state);
    room.fold(state);
    this.handlers.onFold(room);
    return room;
  }

  /** Take a description with which a session begins. */
  private begin(state: RoomState): Room {
    const room = this.fold(state);
    room.settle();
    return room;
  }

  private newRoom(state: RoomState): Room {
    const room = new Room(state, this.me);
    // A mark above the head is of another life of the server's data.
    const mark = this.markOf(room.id);
    if (mark <= state.last_seq) room.readSeq = Math.max(room.readSeq, mark);
    this.known.set(room.id, room);
    return room;
  }

  /** Load the rooms after those that `welcome` named: less recently active than all of them. */
  private async loadMore(met: Set<string>): Promise<void> {
    const before = [...this.known.keys()];
    let after: string | null = null;
    let lowest = 0;
    try {
      do {
        const page = await this.api.rooms(after);
        for (const state of page.rooms) {
          if (met.has(state.id) || state.version < (this.left.get(state.id) ?? 0)) continue;
          met.add(state.id);
          lowest -= 1;
          this.begin(state).activity = lowest;
        }
        after = page.next;
      } while (after !== null);
      this.forgetAllBut(met, before);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // The next welcome tries again; what was loaded stays.
    }
    this.handlers.onLoaded();
  }

  /** A room that ends below what was held of it lost that: the server was set back to older data. */
  private forgetOtherLives(told: readonly RoomState[]): void {
    for (const { id, last_seq } of told) {
      const room = this.known.get(id);
      if (room !== undefined && room.log.cursor > last_seq) this.forget(id);
    }
  }

  private forgetAllBut(kept: ReadonlySet<string>, ids: readonly string[]): void {
    for (const id of ids) if (!kept.has(id)) this.forget(id);
  }

  private forget(id: string): void {
    if (this.known.delete(id)) this.handlers.onLeft(id);
  }
}
