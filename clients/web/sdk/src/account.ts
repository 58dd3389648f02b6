/**
 * One's own account: who one is to others, what they learn, where one is signed in, and which browsers
 * are told of messages while no page is open. For a settings page; chatting needs none of it.
 *
 * Every call raises `ApiError`, with `fields` for what was wrong with a form.
 */
import type { Api } from "./http";
import type { User } from "./protocol";

const ME = "/api/chat/me";
const SESSIONS = "/api/chat/sessions";
const PUSH = "/api/queue/push";

/** Pictures are prepared by the server, which takes its time. */
const PICTURE_WITHIN_MS = 30_000;

/** Who learns when one was there last; `contacts`: whoever one has a direct conversation with. */
export type LastSeenTo = "everyone" | "contacts" | "nobody";

/** Oneself, and what one lets others know. */
export interface Profile {
  user: User;
  send_read_receipts: boolean;
  last_seen: LastSeenTo;
}

/** What is to be changed; the rest stays. */
export interface ProfileChange {
  display_name?: string;
  /** Whether others learn what one reads from now on. What they know already, they keep. */
  send_read_receipts?: boolean;
  /** Who learns from now on when one was there last. Of whoever does not, one does not either. */
  last_seen?: LastSeenTo;
}

/** One place where one is signed in. */
export interface SignIn {
  sid: string;
  /** Browser and system; empty where the device did not say. */
  agent: string;
  /** RFC 3339, as all times. */
  created_at: string;
  /** When it was used last, to some minutes. */
  renewed_at: string;
  /** Whether it is this one. */
  current: boolean;
}

/** Oneself, by the calls of an API. */
export class Account {
  constructor(private readonly api: Api) {}

  /** What others see and learn of oneself now. */
  async profile(): Promise<Profile> {
    return this.api.call("GET", ME);
  }

  /** Change some of it; the answer is all of it. */
  async change(change: ProfileChange): Promise<Profile> {
    return this.api.write("PATCH", ME, change);
  }

  /** Show a picture: PNG, JPEG or WebP, at most 512 KiB. The server keeps its middle. */
  async show(picture: Blob): Promise<User> {
    const path = `${ME}/avatar`;
    return (await this.api.write<{ user: User }>("PUT", path, picture, PICTURE_WITHIN_MS)).user;
  }

  /** Idempotent. */
  async hidePicture(): Promise<void> {
    await this.api.write("DELETE", `${ME}/avatar`);
  }

  /** Everywhere one is signed in. */
  async signIns(): Promise<SignIn[]> {
    return (await this.api.call<{ sessions: SignIn[] }>("GET", SESSIONS)).sessions;
  }

  /** Sign out there. Idempotent. */
  async signOut(sid: string): Promise<void> {
    await this.api.write("DELETE", `${SESSIONS}/${sid}`);
  }

  /** What a browser subscribes with; null where the server tells nobody who has no page open. */
  async pushKey(): Promise<string | null> {
    return (await this.api.call<{ public_key: string | null }>("GET", PUSH)).public_key;
  }

  /** Have this browser told. Idempotent; whoever it was told for before, it is no more. */
  async subscribe(subscription: PushSubscriptionJSON): Promise<void> {
    await this.api.write("POST", PUSH, subscription);
  }

  /** Idempotent. */
  async unsubscribe(endpoint: string): Promise<void> {
    await this.api.write("DELETE", PUSH, { endpoint });
  }
}
