/**
 * A stretch of a room's history that lies far below the messages that are held: read from somewhere in
 * the middle, by pages either way, until it meets what is held.
 */
import { NEXT_PAGE } from "./history";
import type { Api, MessagePage } from "./http";
import type { Message } from "./protocol";

/** Messages of the first page, below or around what was asked for. */
const BEGINNING = 50;

/** A stretch of history, made by `since` or `around`; it grows either way. */
export class Past {
  /** By what is asked for. */
  private readonly loading = new Map<string, Promise<void>>();

  private constructor(
    private readonly api: Api,
    readonly room: string,
    /** Ascending, without a hole. */
    public messages: readonly Message[],
    public hasOlder: boolean,
    public hasNewer: boolean,
  ) {}

  /** From the first message of a time on; null where none was written since. Raises `ApiError`. */
  static async since(api: Api, room: string, at: Date): Promise<Past | null> {
    const query = `since=${at.toISOString()}&limit=${BEGINNING}`;
    const { messages, has_more } = await pageOf(api, room, query);
    if (messages.length === 0) return null;
    const past = new Past(api, room, messages, true, has_more);
    await past.loadOlder();
    return past;
  }

  /** What stands around a seq. Raises `ApiError`. */
  static async around(api: Api, room: string, seq: number): Promise<Past> {
    const query = `before=${seq + BEGINNING / 2}&limit=${BEGINNING}`;
    const { messages, has_more } = await pageOf(api, room, query);
    return new Past(api, room, messages, has_more, true);
  }

  /** The message with this seq, where it is loaded. */
  at(seq: number): Message | undefined {
    return this.messages[seq - this.lowest];
  }

  /** The seq where it begins. */
  get lowest(): number {
    return this.messages[0]?.seq ?? 1;
  }

  /** The seq where it ends. */
  get highest(): number {
    return this.messages.at(-1)?.seq ?? 0;
  }

  /** A call while a page of the same side is loading waits for that one. Raises `ApiError`. */
  async loadOlder(): Promise<void> {
    if (this.hasOlder) await this.load(`before=${this.lowest}`);
  }

  /** Likewise, upwards. */
  async loadNewer(): Promise<void> {
    if (this.hasNewer) await this.load(`after=${this.highest}`);
  }

  private async load(query: string): Promise<void> {
    const before = this.loading.get(query);
    if (before !== undefined) return before;
    const load = this.loadPage(query).finally(() => this.loading.delete(query));
    this.loading.set(query, load);
    return load;
  }

  private async loadPage(query: string): Promise<void> {
    const { messages, has_more } = await pageOf(this.api, this.room, `${query}&limit=${NEXT_PAGE}`);
    if (query.startsWith("before")) {
      this.messages = [...messages, ...this.messages];
      this.hasOlder = has_more;
    } else {
      this.messages = [...this.messages, ...messages];
      this.hasNewer = has_more;
    }
  }
}

async function pageOf(api: Api, room: string, query: string): Promise<MessagePage> {
  return api.call("GET", `/api/chat/rooms/${room}/messages?${query}`);
}
