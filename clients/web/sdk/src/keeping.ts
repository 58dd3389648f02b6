/**
 * Writing rooms and messages down as they come, a little later and many at a time.
 *
 * Only the page that leads writes: the others hold the same. What is lost with a page that dies comes
 * again from the server; so does all of it where the store fails.
 */
import { LOADED_WITHIN_MS, timeOf } from "./environment";
import type { Cancel, ChatStore, Clock, KeptRoom } from "./environment";
import type { Message } from "./protocol";
import type { Room } from "./room";

/** How long what came waits for more, before all of it is written down. */
export const KEEP_AFTER_MS = 250;

export class Keeping {
  private isWriting = false;
  private rooms = new Map<string, Room>();
  private messages: Message[] = [];
  private gone = new Set<string>();
  private timer: Cancel | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly store: ChatStore,
    private readonly me: string,
  ) {}

  /** The rooms that are kept; none where the store fails or takes its time. */
  async load(): Promise<KeptRoom[]> {
    const rooms = this.store.rooms(this.me).catch(() => []);
    return (await Promise.race([rooms, timeOf(this.clock, LOADED_WITHIN_MS)])) ?? [];
  }

  /** Write from now on, and first what is held already. */
  start(rooms: Iterable<Room>): void {
    this.isWriting = true;
    for (const room of rooms) this.note(room, room.log.messages);
  }

  /** Write what waits, and then no more. */
  close(): void {
    if (this.timer !== null) void this.write();
    this.isWriting = false;
  }

  /** Something about a room changed, or these messages of it came. */
  note(room: Room, messages: readonly Message[] = []): void {
    if (!this.isWriting) return;
    this.rooms.set(room.id, room);
    this.messages.push(...messages);
    this.writeSoon();
  }

  /** One is not in this room any more. */
  forget(room: string): void {
    if (!this.isWriting) return;
    this.rooms.delete(room);
    this.messages = this.messages.filter((message) => message.room !== room);
    this.gone.add(room);
    this.writeSoon();
  }

  private writeSoon(): void {
    this.timer ??= this.clock.after(KEEP_AFTER_MS, () => {
      void this.write();
    });
  }

  private async write(): Promise<void> {
    this.timer?.();
    this.timer = null;
    const change = {
      rooms: [...this.rooms.values()].map((room) => room.kept),
      messages: this.messages,
      gone: [...this.gone],
    };
    this.rooms = new Map();
    this.messages = [];
    this.gone = new Set();
    await this.store.keep(this.me, change).catch(() => undefined);
  }
}
