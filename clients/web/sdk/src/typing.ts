/**
 * Who types: what is told of one's own keys, and what is known of the others.
 *
 * The server forgets a typist a second after it was told last, with the connection, and when that
 * session sends a message. So keys are told again and again, and an end that it sees by itself is
 * not told. It repeats nothing: whoever types is seen to type until it says otherwise.
 */
import type { Cancel, Clock } from "./environment";

/** The shortest time between two keys that are told of one room; the server passes on no more. */
export const TELL_PAUSE_MS = 200;

/** Without a key for so long, one has stopped. */
export const SILENCE_MS = 1_000;

/** How long the server may take to say of somebody whose message came that they stopped typing. */
export const DOUBT_MS = 500;

/** What one does in one room. */
interface Writing {
  /** The others may believe that one types. */
  isTold: boolean;
  /** A key was pressed since one was told. */
  isOwed: boolean;
  isResting: boolean;
  rest: Cancel;
  silence: Cancel;
}

/**
 * One's own keys in all rooms: the first is told at once, more of them at most every 200 ms, and the
 * end after a second without any.
 */
export class Keystrokes {
  private readonly rooms = new Map<string, Writing>();

  constructor(
    private readonly clock: Clock,
    /** Tell that one types in a room, or stopped; false where there is no connection. */
    private readonly tell: (room: string, isTyping: boolean) => boolean,
  ) {}

  /** A key of a text that is being written for a room. */
  press(room: string): void {
    const writing = this.writingIn(room);
    writing.silence();
    writing.silence = this.clock.after(SILENCE_MS, () => {
      this.stop(room);
    });
    writing.isOwed = true;
    this.tellOwed(room, writing);
  }

  /** Nothing is being written there any more. */
  stop(room: string): void {
    const wasTold = this.rooms.get(room)?.isTold ?? false;
    this.sent(room);
    if (wasTold) this.tell(room, false);
  }

  /** A message goes to a room: the server ends typing there by itself. */
  sent(room: string): void {
    const writing = this.rooms.get(room);
    if (writing === undefined) return;
    writing.silence();
    writing.isTold = writing.isOwed = false;
  }

  /** One is not in this room any more. */
  forget(room: string): void {
    this.sent(room);
    this.rooms.get(room)?.rest();
    this.rooms.delete(room);
  }

  /** With the connection, the server has forgotten everything too. */
  clear(): void {
    for (const room of [...this.rooms.keys()]) this.forget(room);
  }

  private tellOwed(room: string, writing: Writing): void {
    if (!writing.isOwed || writing.isResting) return;
    writing.isOwed = false;
    if (!this.tell(room, true)) return;
    writing.isTold = writing.isResting = true;
    writing.rest = this.clock.after(TELL_PAUSE_MS, () => {
      writing.isResting = false;
      this.tellOwed(room, writing);
    });
  }

  private writingIn(room: string): Writing {
    const known = this.rooms.get(room);
    if (known !== undefined) return known;
    const none = (): void => undefined;
    const writing = { isTold: false, isOwed: false, isResting: false, rest: none, silence: none };
    this.rooms.set(room, writing);
    return writing;
  }
}

/** The others, in all rooms. */
export class Typists {
  private readonly told = new Map<string, readonly string[]>();
  private readonly shown = new Map<string, readonly string[]>();
  private readonly doubts = new Map<string, Cancel>();

  constructor(
    private readonly clock: Clock,
    private readonly onChange: (room: string) => void,
  ) {}

  /** Who types in a room, those first who began first. */
  in(room: string): readonly string[] {
    return this.shown.get(room) ?? [];
  }

  /** These are all who type there now, as the server says. */
  hear(room: string, users: readonly string[]): void {
    this.doubts.get(room)?.();
    this.told.set(room, users);
    this.show(room, users);
  }

  /**
   * What somebody typed is here. The server says the same in a moment; where it does not, they have
   * already begun with the next one.
   */
  drop(room: string, user: string): void {
    if (!this.in(room).includes(user)) return;
    this.show(
      room,
      this.in(room).filter((one) => one !== user),
    );
    this.doubts.get(room)?.();
    const believed = this.clock.after(DOUBT_MS, () => {
      this.show(room, this.told.get(room) ?? []);
    });
    this.doubts.set(room, believed);
  }

  /** One is not in this room any more. */
  forget(room: string): void {
    this.hear(room, []);
  }

  /** Know nothing any more: the connection that would tell is gone. */
  clear(): void {
    for (const room of this.told.keys()) this.forget(room);
  }

  private show(room: string, users: readonly string[]): void {
    const before = this.in(room);
    const now = [...new Set([...before.filter((user) => users.includes(user)), ...users])];
    if (now.join() === before.join()) return;
    this.shown.set(room, now);
    this.onChange(room);
  }
}
