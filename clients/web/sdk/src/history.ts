/** Loading what lies below the messages that are held: the newest page, then one above another. */
import type { ChatStore } from "./environment";
import type { Api } from "./http";
import type { Message } from "./protocol";
import type { Room } from "./room";

/** Messages shown when a room is opened, and those that a scroll to the top adds. */
export const FIRST_PAGE = 50;
export const NEXT_PAGE = 20;

/** The way back to the first unread message: in pages of this size, and no further than this. */
export const LONG_PAGE = 100;
export const FURTHEST = 500;

export interface HistoryHandlers {
  onLoaded(room: Room): void;
  /** These came from the server, and lie right below what was held. */
  onFetched(room: Room, messages: readonly Message[]): void;
}

export class History {
  private readonly loading = new Map<Room, Promise<void>>();

  constructor(
    private readonly api: Api,
    private readonly store: ChatStore,
    private readonly me: string,
    private readonly handlers: HistoryHandlers,
  ) {}

  /**
   * Make sure that the newest page is there, and all from `from` on where that is not `furthest`
   * messages back or more.
   * Raises `ApiError`.
   */
  async loadNewest(room: Room, from = Infinity, furthest = FURTHEST): Promise<void> {
    const { log } = room;
    const missing = FIRST_PAGE - (log.cursor - log.lowest + 1);
    if (missing > 0) await this.loadOlder(room, missing);
    if (log.cursor - from >= furthest) return;
    for (let before = Infinity; log.lowest > from && log.lowest < before;) {
      before = log.lowest;
      await this.loadOlder(room, LONG_PAGE);
    }
  }

  /** Take messages that reach down from what is held. What does not touch it is left out. */
  take(room: Room, messages: readonly Message[], hasMore: boolean): void {
    room.log.addOlder(messages, hasMore);
    this.handlers.onFetched(room, messages);
    this.handlers.onLoaded(room);
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
    const { log, id } = room;
    const before = log.lowest;
    const kept = await this.keptBelow(room, limit);
    const page =
      kept.length > 0
        ? { messages: kept, has_more: true }
        : await this.api.messagesBefore(id, before, limit);
    // The log may have begun anew meanwhile: then this page says nothing of what lies below it.
    if (log.lowest === before) {
      log.addOlder(page.messages, page.has_more);
      if (kept.length === 0) this.handlers.onFetched(room, page.messages);
    }
    this.handlers.onLoaded(room);
  }

  /** A page from the store: whole, or nothing. */
  private async keptBelow({ log, id }: Room, limit: number): Promise<Message[]> {
    const last = log.lowest - 1;
    const first = Math.max(log.keptFrom, last - limit + 1);
    if (first > last) return [];
    const kept = await this.store.messages(this.me, id, first, last).catch(() => []);
    return kept.length === last - first + 1 ? kept : [];
  }
}
