/** Loading what lies below the messages that are held: the newest page, then one above another. */
import type { Api } from "./http";
import type { Room } from "./room";

/** Messages shown when a room is opened, and those that a scroll to the top adds. */
export const FIRST_PAGE = 50;
export const NEXT_PAGE = 20;

/** The way back to the first unread message: in pages of this size, and no further than this. */
export const LONG_PAGE = 100;
export const FURTHEST = 500;

export class History {
  private readonly loading = new Map<Room, Promise<void>>();

  constructor(
    private readonly api: Api,
    private readonly onLoaded: (room: Room) => void,
  ) {}

  /**
   * Make sure that the newest page is there, and all from `from` on where that is not too far back.
   * Raises `ApiError`.
   */
  async loadNewest(room: Room, from = Infinity): Promise<void> {
    const { log } = room;
    const missing = FIRST_PAGE - (log.cursor - log.lowest + 1);
    if (missing > 0) await this.loadOlder(room, missing);
    if (log.cursor - from >= FURTHEST) return;
    for (let before = Infinity; log.lowest > from && log.lowest < before;) {
      before = log.lowest;
      await this.loadOlder(room, LONG_PAGE);
    }
  }

  /** Load a page below what is held. One at a time per room. Raises `ApiError`. */
  async loadOlder(room: Room, limit = NEXT_PAGE): Promise<void> {
    if (!room.log.hasOlder) return;
    const load = this.loading.get(room) ?? this.loadPage(room, limit);
    this.loading.set(room, load);
    try {
      await load;
    } finally {
      this.loading.delete(room);
    }
  }

  private async loadPage(room: Room, limit: number): Promise<void> {
    const before = room.log.lowest;
    const page = await this.api.messagesBefore(room.id, before, limit);
    // The log may have begun anew meanwhile: then this page says nothing of what lies below it.
    if (room.log.lowest === before) room.log.addOlder(page.messages, page.has_more);
    this.onLoaded(room);
  }
}
