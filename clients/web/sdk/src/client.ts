/**
 * One signed-in person's chat: rooms, messages, drafts, over one connection that comes and goes.
 *
 * Ask it for state (`rooms`, `room.log`, `drafts`) whenever it says that something changed; the
 * events carry names, never data (but `custom` and `message`, for what only happens): no listener
 * falls behind.
 */
import { Company } from "./company";
import { Drafts, newDraft } from "./drafts";
import { Emitter } from "./emitter";
import type { Draft, Environment } from "./environment";
import type { ClientEvents } from "./events";
import { Hearing, type Parts } from "./hearing";
import { History } from "./history";
import type { Api } from "./http";
import { Keeping } from "./keeping";
import { Outbox } from "./outbox";
import { People } from "./people";
import { Polling } from "./polling";
import type { ClientFrame, RoomState, User } from "./protocol";
import { Reading } from "./reading";
import { Receipts } from "./receipts";
import { Renewal } from "./renewal";
import { Repair } from "./repair";
import { roadsOf } from "./roads";
import type { Room } from "./room";
import { Rooms } from "./rooms";
import { TabCoordinator } from "./tabs";

/** The chat of one person who is signed in. `start` it, listen by `on`, and `close` it in the end. */
export class ChatClient extends Emitter<ClientEvents> {
  /** The one connection of all pages of this browser. */
  readonly connection: TabCoordinator;
  /** Who is there and who types, and telling them of oneself. */
  readonly company: Company;
  /** What everybody is called; the event `people` tells when more of it is known. */
  readonly people: People;
  private readonly joined: Rooms;
  private readonly unsent: Drafts;
  private readonly outbox: Outbox;
  private readonly repair: Repair;
  private readonly receipts: Receipts;
  private readonly reading: Reading;
  /** What lies below the messages that are held, page by page. */
  readonly history: History;
  private readonly renewal: Renewal;
  private readonly keeping: Keeping;
  private readonly hearing: Hearing;
  private readonly polling: Polling;
  private isClosed = false;

  constructor(
    private readonly env: Environment,
    private readonly api: Api,
    readonly me: User,
  ) {
    super();
    const { clock, store } = env;
    this.renewal = new Renewal(clock, api, me.id, () => {
      this.connection.expire();
    });
    this.connection = new TabCoordinator(
      env,
      me.id,
      () => this.renewal.renew(),
      () => this.hearing.snapshot(),
    );
    this.keeping = new Keeping(clock, store, me.id);
    this.joined = new Rooms(api, me.id, (room) => env.marks.get(me.id, room), {
      onFold: (room) => {
        this.repair.check(room, 0);
        this.hearing.progressed(room);
      },
      // Repair asks for nothing in a room that is not there.
      onLeft: (room) => {
        this.receipts.forget(room);
        this.company.onLeft(room);
        this.keeping.forget(room);
      },
      onLoaded: () => {
        this.emit("rooms", null);
      },
    });
    this.people = new People(
      clock,
      (ids) => api.users(ids),
      () => {
        this.emit("people", null);
      },
    );
    this.people.learn([me]);
    this.repair = new Repair(
      clock,
      env.chance.uuid().slice(0, 8),
      this.joined.byId,
      (cursors, ref) => this.tell({ type: "sync", cursors, ref }),
    );
    this.receipts = new Receipts(clock, (frame) => this.report(frame));
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
        this.hearing.progressed(room);
      },
    );
    this.history = new History(api, store, me.id, {
      onLoaded: (room) => {
        this.emit("room", room.id);
      },
      onFetched: (room, messages) => {
        this.keeping.note(room, messages);
      },
    });
    this.unsent = new Drafts(env, {
      onChange: (room) => {
        this.emit("room", room);
      },
      onNews: (news) => {
        this.connection.tell(news);
      },
    });
    this.outbox = new Outbox(
      env,
      this.unsent,
      roadsOf(api, (frame) => this.tell(frame)),
      () => this.connection.isCutOff,
      (message) => {
        this.connection.share({ type: "message", ...message });
        this.hearing.onMessage(message);
      },
    );
    this.hearing = new Hearing(this.parts, me.id, (name, value) => {
      this.emit(name, value);
    });
    this.polling = new Polling(env, api, me.id, () => this.rooms, {
      onFrame: (frame) => {
        this.connection.share(frame);
        this.hearing.onFrame(frame);
      },
      onAnswering: () => {
        this.outbox.flush();
      },
    });
    this.listen();
  }

  /** The longest message that the server takes, in code points; it says so in `welcome`. */
  get contentChars(): number {
    return this.hearing.contentChars;
  }

  /** Show what is kept, then connect. */
  start(): void {
    this.reading.start();
    this.company.start();
    void this.restore().then((isStarted) => {
      if (isStarted) this.connection.start();
    });
  }

  /** End the connection and all timers. What is kept stays kept. */
  close(): void {
    this.isClosed = true;
    for (const one of [this.reading, this.company]) one.close();
    this.connection.stop();
    this.follow();
    this.repair.reset();
    this.receipts.close();
    this.people.close();
  }

  /** Most recently active first. */
  get rooms(): Room[] {
    return this.joined.byActivity;
  }

  /** Undefined where one is not in it (any more). */
  room(id: string): Room | undefined {
    return this.joined.byId.get(id);
  }

  /** What was written in a room and has no seq yet, in the order of sending. */
  drafts(room: string): readonly Draft[] {
    return this.unsent.of(room);
  }

  /** Send a message, or an answer to the one with seq `replyTo`. It is shown and kept at once. */
  send(room: string, content: string, replyTo: number | null = null): Draft {
    const known = this.room(room);
    if (known !== undefined) this.joined.bump(known);
    const draft = newDraft(this.env, { room, sender: this.me.id, content, reply_to: replyTo });
    void this.outbox.add(draft);
    return draft;
  }

  /** Try a message again that has failed, under the same client_id: it is stored once at most. */
  retry(clientId: string): void {
    void this.outbox.retry(clientId);
  }

  /** Give up a message that has failed. */
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

  /** Load the newest page of a room; all from `from` on where it is near. Raises `ApiError`. */
  async loadNewest(id: string, from?: number, furthest?: number): Promise<void> {
    const room = this.room(id);
    if (room !== undefined) await this.history.loadNewest(room, from, furthest);
  }

  /** Load the page above what is shown. Raises `ApiError`. */
  async loadOlder(id: string): Promise<void> {
    const room = this.room(id);
    if (room !== undefined) await this.history.loadOlder(room);
  }

  /** The room with this person; made if there was none. Raises `ApiError`. */
  async openDirect(user: string): Promise<Room> {
    return this.meet(await this.api.openDirect(user));
  }

  /** A new group with these people. Raises `ApiError`, with `fields` for what was wrong. */
  async openGroup(name: string, members: readonly string[]): Promise<Room> {
    return this.meet(await this.api.openGroup(name, members));
  }

  /** Take what an answer of the server says of a room that one is in. */
  meet(state: RoomState): Room {
    const room = this.joined.fold(state);
    this.emit("rooms", null);
    return room;
  }

  /** People to talk to, by a part of their name. Raises `ApiError`. */
  async searchUsers(search: string): Promise<User[]> {
    const found = await this.api.searchUsers(search);
    this.people.learn(found);
    return found;
  }

  private get parts(): Parts {
    const { joined, people, company, unsent, outbox, repair, receipts, reading, keeping } = this;
    return { joined, people, company, unsent, outbox, repair, receipts, reading, keeping };
  }

  private listen(): void {
    this.connection.on("frame", (frame) => {
      this.hearing.onFrame(frame);
    });
    this.connection.on("state", (state) => {
      if (state.name !== "online") this.lost();
      this.polling.onState(state, this.connection.isLeading);
      this.outbox.goOn();
      this.emit("connection", state);
    });
    this.connection.on("lead", (isLeading) => {
      if (isLeading) void this.lead();
      else this.follow();
    });
    this.connection.on("said", (frame) => {
      this.hearing.onSaid(frame);
    });
    this.connection.on("draft", (news) => {
      this.unsent.hear(news);
      if ("put" in news) this.outbox.onNews(news.put.room);
    });
    this.connection.on("fault", (code) => {
      this.emit("fault", code);
    });
  }

  /** Whether to go on: nobody closed it meanwhile. */
  private async restore(): Promise<boolean> {
    const [rooms] = await Promise.all([this.keeping.load(), this.unsent.restore(this.me.id)]);
    if (this.isClosed) return false;
    this.joined.restore(rooms);
    if (rooms.length > 0) this.emit("rooms", null);
    return true;
  }

  /** This page holds the connection: it sends, writes down and renews for all. */
  private async lead(): Promise<void> {
    this.renewal.start();
    this.keeping.start(this.joined.byId.values());
    // What another page kept last may not have been told.
    await this.unsent.restore(this.me.id);
    if (this.connection.isLeading) this.outbox.start();
  }

  private follow(): void {
    this.renewal.close();
    this.keeping.close();
    this.outbox.close();
    this.polling.stop();
  }

  /** What is held is held on all pages of this device: one of them says so. */
  private report(frame: ClientFrame): boolean {
    if (frame.type === "delivered" && !this.connection.isLeading) return false;
    return this.tell(frame) || this.polling.report(frame);
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
