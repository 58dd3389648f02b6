/**
 * The HTTP side of the contract: sign-in, people, rooms, history, and sending where no socket is.
 *
 * Every failure is an `ApiError`. Status 0 means that no answer came, and then the outcome of a
 * write is unknown: repeat it with the same `client_id`.
 */
import type { Clock, Draft } from "./environment";
import { ApiError, errorOf } from "./problem";
import type { Message, RoomState, ServerFrameOf, StatusFrame, SyncedRoom, User } from "./protocol";

const ANSWER_WITHIN_MS = 10_000;

const CHAT = "/api/chat";
const QUEUE = "/api/queue";
const RECEIPTS = "/api/receipts";

/** Who is signed in, and what their changes have to carry. */
export interface Session {
  user: User;
  csrf_token: string;
}

/** What somebody is in a group: `owner`, `admin` or `member`. */
export type Role = NonNullable<RoomState["role"]>;

/** Somebody's place in a room. Nobody reads what lies at or below `joined_seq`, unless the history is open. */
export interface Member {
  user: string;
  role: Role;
  joined_seq: number;
}

/** How far one message has come with one member; null: not yet, or so long ago that it is forgotten. */
export interface Receipt {
  user: string;
  delivered: boolean;
  read: boolean;
  delivered_at: string | null;
  read_at: string | null;
}

/** Messages, ascending, and whether there are more on that side. */
export interface MessagePage {
  messages: Message[];
  has_more: boolean;
}

/** What somebody missed, and what has changed: the rooms that are new or have a newer version. */
export interface SyncAnswer {
  messages: Message[];
  statuses: (Omit<StatusFrame, "type"> & {
    delivered_seq?: number;
    read_seq?: number;
    marks_version?: number;
  })[];
  rooms: SyncedRoom[];
  changed: Omit<ServerFrameOf<"room">, "type">[];
}

/** The HTTP calls, of whoever is signed in here. `browserApi` makes it for a page. */
export class Api {
  /** The server says that whoever signed in here is signed in no more. Set by whoever acts on it. */
  onUnauthenticated: () => void = () => undefined;
  private csrfToken = "";
  /** Who is signed in; empty where that is not known. */
  private user = "";

  constructor(
    private readonly fetch: typeof globalThis.fetch,
    private readonly clock: Clock,
  ) {}

  /**
   * Who is signed in; renews the access token. `ApiError` 401 where nobody is, and where another page
   * of this browser has signed in somebody else: what is done here would be done as them.
   */
  async session(): Promise<Session> {
    const session: Session = await this.request("GET", `${CHAT}/auth/session`);
    if (this.user !== "" && session.user.id !== this.user)
      throw new ApiError(401, "unauthenticated", "Somebody else has signed in.");
    return this.began(session);
  }

  /** Take it that somebody is still signed in here, until the server says otherwise. */
  assume(user: string): void {
    this.user = user;
  }

  /** Sign up, and be signed in. `ApiError` has `fields` for what was wrong with the form. */
  async register(username: string, password: string, displayName: string): Promise<Session> {
    const body = { username, password, ...(displayName && { display_name: displayName }) };
    return this.begin("register", body);
  }

  /** Sign in. `ApiError` 401 where name and password do not go together. */
  async login(username: string, password: string): Promise<Session> {
    return this.begin("login", { username, password });
  }

  /** Sign out in this browser. */
  async logout(): Promise<void> {
    await this.write("POST", `${CHAT}/auth/logout`, {});
    this.csrfToken = this.user = "";
  }

  /** People to talk to, by a part of their name. */
  async searchUsers(search: string): Promise<User[]> {
    const path = `${CHAT}/users?search=${encodeURIComponent(search)}`;
    return (await this.call<{ users: User[] }>("GET", path)).users;
  }

  /** The people with these ids, at most 200, in any order; unknown ones are left out. */
  async users(ids: readonly string[]): Promise<User[]> {
    const path = `${CHAT}/users?ids=${ids.map(encodeURIComponent).join(",")}`;
    return (await this.call<{ users: User[] }>("GET", path)).users;
  }

  /** One page of the rooms one is in; `after` is what the page before said as `next`. */
  async rooms(after: string | null): Promise<{ rooms: RoomState[]; next: string | null }> {
    return this.call("GET", `${CHAT}/rooms${pageAfter(after)}`);
  }

  /** Start a direct room, or get the one that exists. */
  async openDirect(user: string): Promise<RoomState> {
    return this.write("POST", `${CHAT}/rooms`, { kind: "direct", members: [user] });
  }

  /** Open a group with these people and oneself, its owner. */
  async openGroup(name: string, members: readonly string[]): Promise<RoomState> {
    return this.write("POST", `${CHAT}/rooms`, { kind: "group", name, members });
  }

  /** Only an owner or an admin may. */
  async renameGroup(room: string, name: string): Promise<RoomState> {
    return this.write("PATCH", `${CHAT}/rooms/${room}`, { name });
  }

  /** Whether members read what was written before they joined. */
  async openHistory(room: string, isOpen: boolean): Promise<RoomState> {
    return this.write("PATCH", `${CHAT}/rooms/${room}`, { open_history: isOpen });
  }

  /** Everybody in a room, by id. */
  async members(room: string): Promise<Member[]> {
    return this.everything((after) => `${CHAT}/rooms/${room}/members${pageAfter(after)}`);
  }

  /** Idempotent: who is there already stays. */
  async addMembers(room: string, users: readonly string[]): Promise<RoomState> {
    return this.write("POST", `${CHAT}/rooms/${room}/members`, { members: users });
  }

  /** Only an owner may. */
  async setRole(room: string, user: string, role: Role): Promise<void> {
    await this.write("PATCH", `${CHAT}/rooms/${room}/members/${user}`, { role });
  }

  /** Remove somebody, or leave: that is removing oneself. */
  async removeMember(room: string, user: string): Promise<void> {
    await this.write("DELETE", `${CHAT}/rooms/${room}/members/${user}`);
  }

  /** How far a message has come with each member who had joined before it. */
  async receiptsOf(room: string, seq: number): Promise<Receipt[]> {
    return this.everything(
      (after) => `${RECEIPTS}/rooms/${room}/messages/${seq}${pageAfter(after)}`,
    );
  }

  /** The `limit` messages right below `before`, ascending. */
  async messagesBefore(room: string, before: number, limit: number): Promise<MessagePage> {
    return this.call("GET", `${CHAT}/rooms/${room}/messages?before=${before}&limit=${limit}`);
  }

  /**
   * What is missing above the cursors, by room; what has a newer version than is known, of rooms and
   * of their watermarks. Where there is nothing it waits for `waitS` seconds until there is.
   */
  async sync(
    cursors: Readonly<Record<string, number>>,
    versions: Readonly<Record<string, number>>,
    marks: Readonly<Record<string, number>>,
    waitS: number,
  ): Promise<SyncAnswer> {
    const body = { cursors, versions, marks, wait_s: waitS };
    return this.write("POST", `${CHAT}/sync`, body, waitS * 1000 + ANSWER_WITHIN_MS);
  }

  /** Tell how far this device is. What was told before may be told again. */
  async report(room: string, marks: { delivered_seq?: number; read_seq?: number }): Promise<void> {
    await this.write("POST", `${CHAT}/rooms/${room}/receipts`, marks);
  }

  /** Idempotent by (room, sender, client_id): a duplicate answers with the row that is there. */
  async sendMessage(draft: Draft): Promise<Message> {
    return this.write("POST", `${CHAT}/rooms/${draft.room}/messages`, bodyOf(draft));
  }

  /** Leave a message to the queue service, which hands it on once chat takes it. Idempotent likewise. */
  async queueMessage(draft: Draft): Promise<void> {
    await this.write("POST", `${QUEUE}/outgoing`, { room: draft.room, ...bodyOf(draft) });
  }

  /** Sign in, whoever did so before. */
  private async begin(how: "login" | "register", body: object): Promise<Session> {
    this.user = "";
    const send = (): Promise<Session> => this.request("POST", `${CHAT}/auth/${how}`, body);
    return this.began(await this.withFreshToken(send));
  }

  private began(session: Session): Session {
    this.csrfToken = session.csrf_token;
    this.user = session.user.id;
    return session;
  }

  /** All pages of what comes by members. */
  private async everything<T>(path: (after: string | null) => string): Promise<T[]> {
    const all: T[] = [];
    let after: string | null = null;
    do {
      const page: { members: T[]; next: string | null } = await this.call("GET", path(after));
      all.push(...page.members);
      after = page.next;
    } while (after !== null);
    return all;
  }

  /** Change something as whoever is signed in. A `Blob` is sent as it is, anything else as JSON. */
  async write<T>(
    method: string,
    path: string,
    body: object = {},
    withinMs = ANSWER_WITHIN_MS,
  ): Promise<T> {
    return this.signedIn(() =>
      this.withFreshToken(() => this.request<T>(method, path, body, withinMs)),
    );
  }

  /** Ask as whoever is signed in. */
  async call<T>(method: string, path: string): Promise<T> {
    return this.signedIn(() => this.request<T>(method, path));
  }

  /** Where the CSRF token was stale it is fetched anew, once. */
  private async withFreshToken<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "csrf_failed") throw error;
      await this.session();
      return send();
    }
  }

  /** What only somebody who is signed in may do. */
  private async signedIn<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.onUnauthenticated();
      throw error;
    }
  }

  private async request<T>(
    method: string,
    path: string,
    body?: object,
    withinMs = ANSWER_WITHIN_MS,
  ): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    const isFile = body instanceof Blob;
    if (body !== undefined) headers["Content-Type"] = isFile ? body.type : "application/json";
    if (body !== undefined && this.csrfToken) headers["X-CSRFToken"] = this.csrfToken;
    const giveUp = new AbortController();
    const cancel = this.clock.after(withinMs, () => {
      giveUp.abort();
    });
    try {
      const response = await this.fetch(path, {
        method,
        headers,
        credentials: "same-origin",
        signal: giveUp.signal,
        ...(body !== undefined && { body: isFile ? body : JSON.stringify(body) }),
      });
      if (!response.ok) throw await errorOf(response);
      const text = await response.text();
      return (text === "" ? undefined : JSON.parse(text)) as T;
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ApiError(0, "unreachable", "The server did not answer.");
    } finally {
      cancel();
    }
  }
}

function pageAfter(after: string | null): string {
  return after === null ? "" : `?after=${encodeURIComponent(after)}`;
}

function bodyOf({ client_id, content, reply_to }: Draft): object {
  return { client_id, content, ...(reply_to !== null && { reply_to }) };
}
