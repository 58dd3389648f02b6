/**
 * What becomes of what the server says, and of what this person's other pages do.
 *
 * Of every frame all parts that it concerns are told, and whoever draws is told that something
 * changed. What is new of a room is written down.
 */
import type { Company } from "./company";
import type { Drafts } from "./drafts";
import type { ClientEvents } from "./events";
import type { Keeping } from "./keeping";
import type { Outbox } from "./outbox";
import type { People } from "./people";
import type { ClientFrame, Message, ServerFrame, StatusFrame, Welcome } from "./protocol";
import type { Reading } from "./reading";
import type { Receipts } from "./receipts";
import { HOLE_PATIENCE_MS } from "./repair";
import type { Repair } from "./repair";
import type { Room } from "./room";
import type { Rooms } from "./rooms";

/** Of one client. */
export interface Parts {
  readonly joined: Rooms;
  readonly people: People;
  readonly company: Company;
  readonly unsent: Drafts;
  readonly outbox: Outbox;
  readonly repair: Repair;
  readonly receipts: Receipts;
  readonly reading: Reading;
  readonly keeping: Keeping;
}

export type Emit = <K extends keyof ClientEvents>(name: K, value: ClientEvents[K]) => void;

export class Hearing {
  /** The longest message that the server takes, in code points. */
  contentChars = Infinity;
  private welcome: Welcome | null = null;

  constructor(
    private readonly parts: Parts,
    private readonly me: string,
    private readonly emit: Emit,
  ) {}

  onFrame(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.onWelcome(frame);
        break;
      case "message":
        this.onMessage(frame);
        break;
      case "ack":
        this.onAck(frame);
        break;
      case "failed":
        this.parts.outbox.onFailed(frame);
        break;
      case "error":
        this.parts.outbox.onError(frame);
        this.parts.repair.onError(frame.ref ?? "", frame.retry_after ?? 0);
        break;
      case "synced":
        this.parts.joined.onSynced();
        this.parts.repair.onSynced(frame);
        for (const { room } of frame.rooms) this.changed(room);
        this.emit("rooms", null);
        this.emit("synced", null);
        break;
      case "drained":
        this.parts.repair.onDrained();
        break;
      case "room":
        this.parts.joined.onRoom(frame);
        this.see(frame.id);
        this.changed(frame.id);
        this.emit("rooms", null);
        break;
      case "custom":
        this.emit("custom", { name: frame.name, data: frame.data });
        break;
      case "status":
        this.onStatus(frame);
        break;
      case "presence":
        this.parts.company.onPresence(frame);
        break;
      case "typing":
        this.parts.company.onTyping(frame);
        break;
      default:
        // Frames of later versions, and those that nobody here needs yet.
        break;
    }
  }

  private onWelcome(frame: Welcome): void {
    this.welcome = frame;
    this.contentChars = frame.limits.content_chars;
    this.parts.repair.onWelcome();
    this.parts.joined.onWelcome(frame);
    for (const { id } of frame.rooms) {
      this.see(id);
      this.changed(id);
    }
    this.parts.company.onWelcome();
    this.parts.outbox.flush();
    this.parts.people.askNow();
    this.emit("rooms", null);
    this.emit("synced", null);
  }

  /** A direct room is called as the other one is, and has their picture. */
  private see(room: string): void {
    const state = this.room(room)?.state;
    for (const id of state?.members ?? []) {
      if (id !== this.me) this.parts.people.see(id, state?.name ?? "", state?.avatar);
    }
  }

  /** What a page has to know that comes now, as the server would tell it. */
  snapshot(): ServerFrame[] {
    const { welcome } = this;
    const { company, joined } = this.parts;
    if (welcome === null) return [];
    const rooms = joined.byActivity.map((room) => room.described);
    return [
      { ...welcome, rooms, more_rooms: false },
      ...company.snapshot(rooms.map((room) => room.id)),
      { type: "drained", count: 0 },
    ];
  }

  private onAck(ack: Extract<ServerFrame, { type: "ack" }>): void {
    const draft = this.parts.outbox.settle(ack.client_id);
    if (draft === undefined) return;
    const { room, sender, content, client_id, reply_to } = draft;
    const { id, seq, created_at } = ack;
    this.take({ id, room, seq, sender, client_id, content, reply_to, created_at });
  }

  onMessage(message: Message): void {
    const { id, room, seq, sender, client_id, content, reply_to, created_at } = message;
    const draft = sender === this.me ? this.parts.unsent.find(client_id) : undefined;
    // Another device may have used the id for something else: then this one is refused, not stored.
    const isSame = draft?.room === room && draft.content === content && draft.reply_to === reply_to;
    if (isSame) this.parts.outbox.settle(client_id);
    this.take({ id, room, seq, sender, client_id, content, reply_to, created_at });
  }

  private onStatus(frame: StatusFrame): void {
    this.room(frame.room)?.foldStatus(frame);
    this.changed(frame.room);
    this.emit("rooms", null);
  }

  /** Another page of this person told the server how far it is. */
  onSaid(frame: ClientFrame): void {
    if (frame.type !== "delivered" && frame.type !== "read_receipt") return;
    this.room(frame.room)?.onSaid(frame.seq, frame.type === "read_receipt");
    this.changed(frame.room);
    this.emit("rooms", null);
  }

  private take(message: Message): void {
    const room = this.room(message.room);
    if (room === undefined) return;
    if (room.log.contradicts(message)) this.emit("broken", `two messages are ${message.id}`);
    const before = room.log.cursor;
    if (room.take(message)) {
      this.parts.joined.bump(room);
      this.parts.company.onNewest(room.id, message.sender);
      if (message.sender !== this.me) this.emit("message", message);
    }
    room.learn(room.told);
    this.parts.repair.check(room, HOLE_PATIENCE_MS);
    this.progressed(room);
    this.parts.keeping.note(room, room.log.since(before));
    this.emit("room", room.id);
    this.emit("rooms", null);
  }

  progressed(room: Room): void {
    if (this.parts.reading.see(room)) this.emit("rooms", null);
    this.parts.receipts.tell(room);
  }

  private changed(id: string): void {
    const room = this.room(id);
    if (room !== undefined) this.parts.keeping.note(room);
    this.emit("room", id);
  }

  private room(id: string): Room | undefined {
    return this.parts.joined.byId.get(id);
  }
}
