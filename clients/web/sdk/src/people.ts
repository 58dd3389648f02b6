/**
 * What people are called: asked for once, many at a time, when a name is wanted that is not known.
 *
 * A name that came is kept for the life of the page, unless a room tells another one. One call is on
 * its way at a time; where it fails, the same people are asked for again later.
 */
import type { Cancel, Clock } from "./environment";
import { ApiError } from "./problem";
import type { User } from "./protocol";

/** People that one call may ask for. */
export const PEOPLE_PER_CALL = 200;

/** The names that one drawing of a page wants are asked for together. */
const COLLECT_MS = 20;

const AGAIN_AFTER_MS = 30_000;

/** What people are called. It belongs to a `ChatClient`: see `people` there. */
export class People {
  /** Null: nobody has this id. */
  private readonly known = new Map<string, User | null>();
  private readonly wanted = new Set<string>();
  private isAsking = false;
  private timer: Cancel | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly fetchUsers: (ids: string[]) => Promise<User[]>,
    private readonly onNews: () => void,
  ) {}

  /** Null where nobody has this id; undefined as long as that is not known: it is asked for then. */
  nameOf(id: string): string | null | undefined {
    const user = this.find(id);
    return user && (user.display_name || user.username);
  }

  /** No two people have the same. Undefined as long as it is not known: it is asked for then. */
  usernameOf(id: string): string | undefined {
    return this.find(id)?.username;
  }

  /** The version of their picture; undefined where they have none, or it is not known yet. */
  pictureOf(id: string): string | undefined {
    return this.find(id)?.avatar;
  }

  /** Take over what somebody else has found out. */
  learn(users: readonly User[]): void {
    for (const user of users) {
      this.known.set(user.id, user);
      this.wanted.delete(user.id);
    }
  }

  /** A direct room shows somebody so: who is not known yet is asked for when they are wanted. */
  see(id: string, name: string, picture: string | undefined): void {
    const user = this.known.get(id);
    if (!user || (user.display_name === name && user.avatar === picture)) return;
    const now: User = { ...user, display_name: name };
    delete now.avatar;
    if (picture !== undefined) now.avatar = picture;
    this.known.set(id, now);
    this.onNews();
  }

  /** The server answers again: what is still wanted is asked for now. */
  askNow(): void {
    this.timer?.();
    this.timer = null;
    if (!this.isAsking && this.wanted.size > 0) void this.ask();
  }

  /** Ask for nobody any more. The client does it. */
  close(): void {
    this.timer?.();
    this.wanted.clear();
  }

  private find(id: string): User | null | undefined {
    const user = this.known.get(id);
    if (user === undefined) {
      this.wanted.add(id);
      this.askAfter(COLLECT_MS);
    }
    return user;
  }

  private askAfter(ms: number): void {
    if (this.isAsking || this.timer !== null) return;
    this.timer = this.clock.after(ms, () => {
      this.askNow();
    });
  }

  private async ask(): Promise<void> {
    this.isAsking = true;
    let pauseMs = COLLECT_MS;
    try {
      const ids = [...this.wanted].slice(0, PEOPLE_PER_CALL);
      this.learn(await this.fetchUsers(ids));
      for (const id of ids) if (this.wanted.delete(id)) this.known.set(id, null);
      this.onNews();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      pauseMs = Math.max(AGAIN_AFTER_MS, (error.retryAfter ?? 0) * 1000);
    } finally {
      this.isAsking = false;
    }
    if (this.wanted.size > 0) this.askAfter(pauseMs);
  }
}
