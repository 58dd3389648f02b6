/**
 * One signed-in person's chat: rooms, messages, drafts, over one connection that comes and goes.
 *
 * Ask it for state (`rooms`, `room.log`, `drafts`) whenever it says that something changed; the
 * events carry names, never data, so a listener cannot fall behind. (`custom` is the exception: what
 * other code pushes is nobody's state here.)
 */
import { Company } from "./company";
import { Connection } from "./connection";
import { Emitter } from "./emitter";
import type { Draft, Environment } from "./environment";
import type { ClientEvents } from "./events";
import { History } from "./history";
import type { Api } from "./http";
import { Outbox } from "./outbox";
import { People } from "./people";
import type { ClientFrame, Message, ServerFrame, StatusFrame, User, Welcome } from "./protocol";
import { Reading } from "./reading";
import { Receipts } from "./receipts";
import { Renewal } from "./renewal";
import { HOLE_PATIENCE_MS, Repair } from "./repair";
import { roadsOf } from "./roads";
import type { Room } from "./room";
import { Rooms } from "./rooms";

export class ChatClient extends Emitter<ClientEvents> {
  readonly connection: Connection;
  /** Who is there and who types, and telling them of oneself. */
  readonly company: Company;
  /** The longest message that the server takes, in code points; it says so in `welcome`. */
  contentChars = Infinity;
  private readonly joined: Rooms;
  private readonly people: People;
  private readonly outbox: Outbox;
  private readonly repair: Repair;
  private readonly receipts: Receipts;
  private readonly reading: Reading;
  private readonly history: History;
  private readonly renewal: Renewal;

  constructor(
    env: Environment,
    private readonly api: Api,
    readonly me: User,
  ) {
    super();
    this.renewal = new Renewal(env.clock, api, me.id, () => {
      this.connection.expire();
    });
    this.connection = new Connection(env, () => this.renewal.renew());
    this.joined = new Rooms(api, me.id, (room) => env.marks.get(me.id, room), {
      onFold: (room) => {
        this.repair.check(room, 0);
        this.progressed(room);
      },
      // Repair asks for nothing in a room that is not there.
      onLeft: (room) => {
        this.receipts.forget(room);
        this.company.onLeft(room);
      },
      onLoaded: () => {
        this.emit("rooms", null);
      },
    });
    this.people = new People(
      env.clock,
      (ids) => api.users(ids),
      () => {
        this.emit("people", null);
      },
    );
    this.people.learn([me]);
    this.repair = new Repair(env.clock, this.joined.byId, (cursors, ref) =>
      this.tell({ type: "sync", cursors, ref }),
    );
    this.receipts = new Receipts(env.clock, (frame) => this.tell(frame));
    this.company = new Company(env, (frame) => this.tell(frame), {
      onPresence: (users) => {
        this.emit("presence", users);
      },
      onTyping: (room) => {
        this.emit("typing", room);
      },
    });
    this.reading = new Reading(
      env,
      me.id,
      (id) => this.room(id),
      (room) => {
        this.progressed(room);
      },
    );
    this.history = new History(api, (room) => {
      this.emit("room", room.id);
    });
    this.outbox = new Outbox(
      env,
      roadsOf(api, (frame) => this.tell(frame)),
      {
        onChange: (room) => {
          this.emit("room", room);
        },
        onSent: (message) => {
          this.takeMessage(message);
        },
      },
    );
    this.connection.on("frame", (frame) => {
      this.onFrame(frame);
    });
    this.connection.on("state", (state) => {
      if (state.name !== "online") this.lost();
      this.emit("connection", state);
    });
    this.connection.on("fault", (code) => {
      this.emit("fault", code);
    });
  }

  start(): void {
    this.connection.start();
    this.reading.start();
    this.company.start();
    this.renewal.start();
    void this.outbox.restore(this.me.id);
  }

  /** End the connection and all timers. Drafts stay in their store. */
  close(): void {
    this.renewal.close();
    this.reading.close();
    this.company.close();
    this.connection.stop();
    this.repair.reset();
    this.receipts.close();
    this.people.close();
    this.outbox.close();
  }

  /** Most recently active first. */
  get rooms(): Room[] {
    return this.joined.byActivity;
  }

  /** Undefined where one is not in it (any more). */
  room(id: string): Room | undefined {
    return this.joined.byId.get(id);
  }

  /**
   * What somebody is called: null where there is no such person, undefined as long as that is being
   * asked for. `people` tells when it is worth asking again.
   */
  nameOf(user: string): string | null | undefined {
    return this.people.nameOf(user);
  }

  drafts(room: string): readonly Draft[] {
    return this.outbox.of(room);
  }

  send(room: string, content: string): Draft {
    const known = this.room(room);
    if (known !== undefined) this.joined.bump(known);
    return this.outbox.add({ room, sender: this.me.id, content });
  }

  retry(clientId: string): void {
    this.outbox.retry(clientId);
  }

  discard(clientId: string): void {
    this.outbox.discard(clientId);
  }

  /** The room that is open, or none: what is in it counts as read while somebody looks at it. */
  watch(room: string | null): void {
    this.reading.watch(room);
  }

  /** Whether somebody looks at this room now: what is unread in it is only on its way here. */
  isWatching(room: string): boolean {
    return this.reading.isWatching(room);
  }

  /**
   * Make sure that the newest page of a room is there, and all from seq `from` on where that is not
   * too far back. Raises `ApiError`.
   */
  async loadNewest(id: string, from?: number): Promise<void> {
    const room = this.room(id);
    if (room !== undefined) await this.history.loadNewest(room, from);
  }

  /** Load the page above what is shown. Raises `ApiError`. */
  async loadOlder(id: string): Promise<void> {
    const room = this.room(id);
    if (room !== undefined) await this.history.loadOlder(room);
  }

  /** The room with this person; made if there was none. Raises `ApiError`. */
  async openDirect(user: string): Promise<Room> {
    const room = this.joined.fold(await this.api.openDirect(user));
    this.emit("rooms", null);
    return room;
  }

  async searchUsers(search: string): Promise<User[]> {
    const found = await this.api.searchUsers(search);
    this.people.learn(found);
    return found;
  }

  private onFrame(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.onWelcome(frame);
        break;
      case "message":
        this.onMessage(frame);
        break;
      case "ack":
        this.outbox.settle(frame);
        break;
      case "error":
        this.outbox.onError(frame);
        this.repair.onError(frame.ref ?? "", frame.retry_after ?? 0);
        break;
      case "synced":
        this.repair.onSynced(frame);
        for (const { room } of frame.rooms) this.emit("room", room);
        this.emit("rooms", null);
        break;
      case "room":
        this.joined.onRoom(frame);
        this.emit("room", frame.id);
        this.emit("rooms", null);
        break;
      case "custom":
        this.emit("custom", { name: frame.name, data: frame.data });
        break;
      case "status":
        this.onStatus(frame);
        break;
      case "presence":
        this.company.onPresence(frame);
        break;
      case "typing":
        this.company.onTyping(frame);
        break;
      default:
        // Frames of later versions, and those that nobody here needs yet.
        break;
    }
  }

  private onWelcome(frame: Welcome): void {
    this.contentChars = frame.limits.content_chars;
    this.joined.onWelcome(frame);
    this.company.onWelcome();
    this.outbox.flush();
    this.people.askNow();
    this.emit("rooms", null);
  }

  private onMessage(frame: Message): void {
    if (frame.sender === this.me.id) this.outbox.settle(frame);
    this.takeMessage(frame);
  }

  private onStatus(frame: StatusFrame): void {
    this.room(frame.room)?.foldStatus(frame);
    this.emit("room", frame.room);
    this.emit("rooms", null);
  }

  private takeMessage(message: Message): void {
    const room = this.room(message.room);
    if (room === undefined) return;
    if (room.take(message)) {
      this.joined.bump(room);
      this.company.onNewest(room.id, message.sender);
    }
    room.learn(room.told);
    this.repair.check(room, HOLE_PATIENCE_MS);
    this.progressed(room);
    this.emit("room", room.id);
    this.emit("rooms", null);
  }

  private progressed(room: Room): void {
    if (this.reading.see(room)) this.emit("rooms", null);
    this.receipts.tell(room);
  }

  private tell(frame: ClientFrame): boolean {
    const isSent = this.connection.send(frame);
    if (isSent) this.company.onSent(frame);
    return isSent;
  }

  private lost(): void {
    this.repair.reset();
    this.company.onLost();
  }
}
