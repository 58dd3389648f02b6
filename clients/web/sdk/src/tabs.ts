/**
 * All pages of one browser as one client: one of them leads and holds the connection, the others see
 * and say everything through it.
 *
 * To whoever uses it it is a connection. What the server said goes to all pages; what a page says
 * goes to the server once. A page that comes later is told by the leader what it has to know, as
 * frames, the way a server would.
 */
import { REPEAT_AFTER_MS } from "./activity";
import type { ActivityState } from "./activity";
import { Connection } from "./connection";
import type { ConnectionEvents, ConnectionState, RenewSession } from "./connection";
import type { DraftNews } from "./drafts";
import { Emitter } from "./emitter";
import type { Cancel, Channel, Environment } from "./environment";
import type { ClientFrame, ServerFrame } from "./protocol";

/** A leader that has not answered for so long is asleep: whoever is looked at takes its place. */
export const ANSWER_WITHIN_MS = 2_000;

/** How often a page asks whether the leader lives, besides whenever it has something to say. */
export const DOUBT_EVERY_MS = 10_000;

/** A page that is used says so more often than this: one that does not is gone. */
const GONE_AFTER_MS = 1.5 * REPEAT_AFTER_MS;

/** What pages tell each other. `to`: for one page only. */
type Note =
  /** A page is there; where it is new it wants to be greeted. */
  | { kind: "here"; from: string; isNew: boolean }
  | { kind: "bye"; from: string }
  | { kind: "state"; state: ConnectionState; to?: string }
  | { kind: "frame"; frame: ServerFrame; to?: string }
  | { kind: "say"; frame: ClientFrame; from: string }
  | { kind: "said"; frame: ClientFrame; from: string }
  | { kind: "wake" }
  | { kind: "draft"; news: DraftNews };

export interface TabEvents extends ConnectionEvents {
  /** This page leads from now on, or does not any more. */
  lead: boolean;
  /** Another page told the server this. */
  said: ClientFrame;
  /** Another page changed a draft. */
  draft: DraftNews;
}

/** The connection of all pages together: `ChatClient.connection`. */
export class TabCoordinator extends Emitter<TabEvents> {
  /** How the connection stands, as all pages see it. */
  state: ConnectionState = { name: "stopped" };
  /** Whether this page holds the connection for all. */
  isLeading = false;

  private readonly connection: Connection;
  /** The same for all pages of one person, and for nobody else's. */
  private readonly name: string;
  private readonly me: string;
  private channel: Channel | null = null;
  /** Of the leader: what each page says of its person. */
  private readonly activities = new Map<string, { state: ActivityState; at: number }>();
  private stops: Cancel[] = [];
  private unanswered: Cancel = () => undefined;
  private isDoubting = false;

  constructor(
    private readonly env: Environment,
    /** The id of whose pages they are. */
    person: string,
    renew: RenewSession,
    /** What a page that comes now has to know, as the server would tell it. */
    private readonly snapshot: () => readonly ServerFrame[],
  ) {
    super();
    this.name = `parley/${person}`;
    this.me = env.chance.uuid();
    this.connection = new Connection(env, person, renew);
    this.connection.on("state", (state) => {
      if (!this.isLeading) return;
      this.post({ kind: "state", state });
      if (state.name === "signed_out") this.end(state);
      else this.moveTo(state);
    });
    this.connection.on("frame", (frame) => {
      this.post({ kind: "frame", frame });
      this.emit("frame", frame);
    });
    this.connection.on("fault", (code) => {
      this.emit("fault", code);
    });
  }

  /** The device has no network. */
  get isCutOff(): boolean {
    return this.state.name === "waiting" && this.state.cutOff;
  }

  /** Whether the server has welcomed this person, and is still there as far as is known. */
  get isOnline(): boolean {
    return this.state.name === "online";
  }

  /** Come in among the pages, and lead where nobody does. The client does it. */
  start(): void {
    if (this.channel !== null) return;
    this.moveTo({ name: "connecting", attempt: 0, trouble: null });
    const { leadership, openChannel, onWake } = this.env;
    this.channel = openChannel(this.name, (note) => {
      this.hear(note as Note);
    });
    this.stops = [
      leadership.campaign(
        this.name,
        () => {
          this.lead();
        },
        () => {
          this.follow();
        },
      ),
      onWake(() => {
        if (!this.isLeading) this.doubt(false);
      }),
    ];
    if (!this.isLeading) this.doubt(true);
  }

  /** Leave: another page leads. The client does it. */
  stop(): void {
    this.end({ name: "stopped" });
  }

  /** The session is over, as somebody else found out. */
  expire(): void {
    this.post({ kind: "state", state: { name: "signed_out" } });
    this.end({ name: "signed_out" });
  }

  /** Do not wait for the next try. While online: find out whether the connection still lives. */
  wake(): void {
    if (this.isLeading) this.connection.wake();
    else {
      this.post({ kind: "wake" });
      this.doubt(false);
    }
  }

  /** Say something to the server. False where there is no connection: nothing is kept for later. */
  send(frame: ClientFrame): boolean {
    if (!this.isOnline) return false;
    if (this.isLeading) return this.say(frame, this.me);
    this.post({ kind: "say", frame, from: this.me });
    this.doubt(false);
    return true;
  }

  /** Let the other pages have what the server did not say over the connection. */
  share(frame: ServerFrame): void {
    this.post({ kind: "frame", frame });
  }

  /** Tell the other pages of a draft. */
  tell(news: DraftNews): void {
    this.post({ kind: "draft", news });
    if (!this.isLeading) this.doubt(false);
  }

  private lead(): void {
    this.isDoubting = false;
    this.unanswered();
    this.isLeading = true;
    this.activities.clear();
    this.note(this.me, "active");
    this.emit("lead", true);
    this.connection.start();
  }

  /** Another page leads now: what it knows is asked for. */
  private follow(): void {
    if (!this.isLeading) return;
    this.isLeading = false;
    this.connection.stop();
    this.emit("lead", false);
    this.moveTo({ name: "connecting", attempt: 0, trouble: null });
    this.doubt(true);
  }

  /** Ask the leader for a sign of life, and take its place where none comes. */
  private doubt(isNew: boolean): void {
    if (this.isDoubting && !isNew) return;
    this.isDoubting = true;
    this.post({ kind: "here", from: this.me, isNew });
    this.unanswered();
    this.unanswered = this.env.clock.after(ANSWER_WITHIN_MS, () => {
      this.believe();
      // A page out of sight may be slow itself, and nobody waits for it.
      if (this.env.usage.isShown()) this.env.leadership.seize(this.name);
    });
  }

  /** The leader lives, for now. */
  private believe(): void {
    this.isDoubting = false;
    this.unanswered();
    this.unanswered = this.env.clock.after(DOUBT_EVERY_MS, () => {
      this.doubt(false);
    });
  }

  private hear(note: Note): void {
    if ("to" in note && note.to !== this.me) return;
    switch (note.kind) {
      case "here":
        if (!this.isLeading) break;
        if (!this.activities.has(note.from)) this.note(note.from, "active");
        this.greet(note.from, note.isNew);
        break;
      case "bye":
        this.activities.delete(note.from);
        break;
      case "state":
        if (!this.isLeading || note.state.name === "signed_out") this.mirror(note.state);
        break;
      case "frame":
        if (!this.isLeading) this.overhear(note.frame);
        break;
      case "say":
        if (this.isLeading) this.say(note.frame, note.from);
        break;
      case "said":
        if (note.from !== this.me) this.emit("said", note.frame);
        break;
      case "wake":
        if (this.isLeading) this.connection.wake();
        break;
      case "draft":
        this.emit("draft", note.news);
        break;
    }
  }

  private greet(page: string, isNew: boolean): void {
    const { state } = this;
    this.post({ kind: "state", state, to: page });
    if (!isNew || state.name !== "online") return;
    for (const frame of this.snapshot()) this.post({ kind: "frame", frame, to: page });
  }

  private overhear(frame: ServerFrame): void {
    // To a new session everybody counts as active: pages that are not say so behind this.
    if (frame.type === "welcome") this.post({ kind: "here", from: this.me, isNew: false });
    this.emit("frame", frame);
  }

  private mirror(state: ConnectionState): void {
    this.believe();
    if (state.name === "signed_out") this.end(state);
    // A greeting repeats what is known; the frames behind it do no harm.
    else if (state.name !== "online" || !this.isOnline) this.moveTo(state);
  }

  /** Of the leader: pass on what a page says. */
  private say(frame: ClientFrame, page: string): boolean {
    const passed = frame.type === "activity" ? this.together(page, frame.state) : frame;
    if (passed === null) return true;
    if (!this.connection.send(passed)) return false;
    if (frame.type !== "delivered" && frame.type !== "read_receipt") return true;
    this.post({ kind: "said", frame, from: page });
    if (page !== this.me) this.emit("said", frame);
    return true;
  }

  /** One is away where one is so on every page. Null: the server knows. */
  private together(page: string, state: ActivityState): ClientFrame | null {
    this.note(page, state);
    return state === "away" && this.isUsed() ? null : { type: "activity", state };
  }

  private note(page: string, state: ActivityState): void {
    this.activities.set(page, { state, at: this.env.clock.now() });
  }

  private isUsed(): boolean {
    const since = this.env.clock.now() - GONE_AFTER_MS;
    return [...this.activities.values()].some(({ state, at }) => state === "active" && at > since);
  }

  private end(state: ConnectionState): void {
    this.unanswered();
    this.post({ kind: "bye", from: this.me });
    if (this.isLeading) {
      this.isLeading = false;
      this.connection.stop();
      this.emit("lead", false);
    }
    for (const stop of this.stops) stop();
    this.stops = [];
    this.channel?.close();
    this.channel = null;
    this.moveTo(state);
  }

  private moveTo(state: ConnectionState): void {
    this.state = state;
    this.emit("state", state);
  }

  private post(note: Note): void {
    this.channel?.post(note);
  }
}
