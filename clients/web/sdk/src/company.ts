/**
 * People here and now: who is there and who types, and the same of oneself for the others.
 *
 * All of it passes: nothing is kept beyond the connection, and nothing is told late. Who asks for
 * it while there is none learns that nobody types and that of nobody anything is known.
 */
import { Activity } from "./activity";
import type { Clock, Usage } from "./environment";
import { Presences } from "./presence";
import type { ClientFrame, PersonPresence, ServerFrame, ServerFrameOf } from "./protocol";
import { Keystrokes, Typists } from "./typing";

export interface CompanyHandlers {
  /** Of these people something else is known. */
  onPresence: (users: readonly string[]) => void;
  /** Others type in this room. */
  onTyping: (room: string) => void;
}

/** The others at this moment, and oneself to them. It belongs to a `ChatClient`: see `company` there. */
export class Company {
  private readonly presences = new Presences();
  private readonly typists: Typists;
  private readonly keystrokes: Keystrokes;
  private readonly activity: Activity;

  constructor(
    env: { clock: Clock; usage: Usage },
    send: (frame: ClientFrame) => boolean,
    private readonly handlers: CompanyHandlers,
  ) {
    this.typists = new Typists(env.clock, handlers.onTyping);
    this.keystrokes = new Keystrokes(env.clock, (room, isTyping) =>
      send({ type: "typing", room, is_typing: isTyping }),
    );
    this.activity = new Activity(env, (state) => send({ type: "activity", state }));
  }

  /** Whether somebody is there: `unknown` of people with whom one shares no room. */
  presenceOf(user: string): PersonPresence {
    return this.presences.of(user);
  }

  /** The ids of the others who type in a room, those first who began first. */
  typistsIn(room: string): readonly string[] {
    return this.typists.in(room);
  }

  /** A key was pressed in a text for this room. To be called at every one; few are told. */
  type(room: string): void {
    this.keystrokes.press(room);
  }

  /** The text was taken back, or left. Not to be called where it is sent: that says it by itself. */
  stopTyping(room: string): void {
    this.keystrokes.stop(room);
  }

  /** Tell whether somebody is at this device, from now on. The client does it. */
  start(): void {
    this.activity.start();
  }

  /** What is known, as the server would tell it. */
  snapshot(rooms: readonly string[]): ServerFrame[] {
    const typing = rooms
      .map((room) => ({ type: "typing" as const, room, users: [...this.typistsIn(room)] }))
      .filter(({ users }) => users.length > 0);
    return [{ type: "presence", users: this.presences.all }, ...typing];
  }

  /** Tell and know nothing any more. The client does it. */
  close(): void {
    this.activity.close();
    this.onLost();
  }

  /** A session began. */
  onWelcome(): void {
    this.activity.onWelcome();
  }

  /** The server said of people whether they are there. */
  onPresence(frame: ServerFrameOf<"presence">): void {
    this.changed(this.presences.learn(frame.users));
  }

  /** The server said who types in a room. */
  onTyping(frame: ServerFrameOf<"typing">): void {
    this.typists.hear(frame.room, frame.users);
  }

  /** The newest message of a room: what its sender typed there. */
  onNewest(room: string, sender: string): void {
    this.typists.drop(room, sender);
  }

  /** A frame went to the server. */
  onSent(frame: ClientFrame): void {
    const isMessage = frame.type === "message" || frame.type === "retry";
    if (isMessage) this.keystrokes.sent(frame.room);
    if (isMessage || frame.type === "read_receipt") this.activity.holdAway();
  }

  /** One is not in this room any more. */
  onLeft(room: string): void {
    this.keystrokes.forget(room);
    this.typists.forget(room);
  }

  /** The connection is gone. */
  onLost(): void {
    this.keystrokes.clear();
    this.typists.clear();
    this.changed(this.presences.clear());
  }

  private changed(users: readonly string[]): void {
    if (users.length > 0) this.handlers.onPresence(users);
  }
}
