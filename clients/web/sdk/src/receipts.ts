/**
 * Telling the server how far this device has come: `delivered` for what it holds, `read_receipt`
 * for what was seen.
 *
 * At most one receipt per room and 200 ms, always the latest; nothing is remembered for later: after
 * a reconnection the comparison with `welcome` finds what was never told.
 */
import type { Cancel, Clock } from "./environment";
import type { ClientFrame } from "./protocol";
import type { Room } from "./room";

const AT_MOST_EVERY_MS = 200;

export class Receipts {
  private readonly resting = new Map<string, Cancel>();

  constructor(
    private readonly clock: Clock,
    private readonly send: (frame: ClientFrame) => boolean,
  ) {}

  /** Tell what the server does not know yet of this room. */
  tell(room: Room): void {
    if (this.resting.has(room.id) || !this.report(room)) return;
    const rested = this.clock.after(AT_MOST_EVERY_MS, () => {
      this.resting.delete(room.id);
      this.tell(room);
    });
    this.resting.set(room.id, rested);
  }

  /** One is not in this room any more. */
  forget(room: string): void {
    this.resting.get(room)?.();
    this.resting.delete(room);
  }

  close(): void {
    for (const cancel of this.resting.values()) cancel();
    this.resting.clear();
  }

  private report(room: Room): boolean {
    const { told, readSeq, log, id } = room;
    if (readSeq > told.read) {
      if (!this.send({ type: "read_receipt", room: id, seq: readSeq })) return false;
      room.learn({ delivered: readSeq, read: readSeq });
      return true;
    }
    if (log.cursor <= told.delivered) return false;
    if (!this.send({ type: "delivered", room: id, seq: log.cursor })) return false;
    room.learn({ delivered: log.cursor, read: told.read });
    return true;
  }
}
