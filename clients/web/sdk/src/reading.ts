/**
 * What counts as seen: all that is held of the open room, while somebody looks at the page.
 *
 * What comes while nobody looks is seen when somebody looks again, not when it came.
 */
import type { Attention, Cancel, ReadMarks } from "./environment";
import type { Room } from "./room";

export class Reading {
  private watched: string | null = null;
  private unlisten: Cancel = () => undefined;

  constructor(
    private readonly env: { attention: Attention; marks: ReadMarks },
    private readonly me: string,
    private readonly roomOf: (id: string) => Room | undefined,
    /** Somebody looked at this room; there may be nothing new in it. */
    private readonly onLook: (room: Room) => void,
  ) {}

  start(): void {
    this.unlisten = this.env.attention.onChange(() => {
      this.look();
    });
  }

  close(): void {
    this.unlisten();
  }

  /** The room that is open, or none. */
  watch(room: string | null): void {
    this.watched = room;
    this.look();
  }

  /** Whether what comes in this room is seen as it comes. */
  isWatching(room: string): boolean {
    return this.watched === room && this.env.attention.isHere();
  }

  /** Take what is held of a room as seen, where it is. True where that is more than before. */
  see(room: Room): boolean {
    if (!this.isWatching(room.id) || room.log.cursor <= room.readSeq) return false;
    room.readSeq = room.log.cursor;
    this.env.marks.set(this.me, room.id, room.readSeq);
    return true;
  }

  private look(): void {
    const open = this.watched === null ? undefined : this.roomOf(this.watched);
    if (open !== undefined) this.onLook(open);
  }
}
