/**
 * What the SDK needs from the world outside: time, chance, waking up, a network, a place to keep
 * things. Nothing in this folder but `browser.ts` touches a global, so a test can hold them all.
 */

import type { Message, RoomState, Status } from "./protocol";

/** Undo a subscription or a timer. Calling it twice is harmless. */
export type Cancel = () => void;

/** The time. */
export interface Clock {
  /** Milliseconds since 1970; only differences and display may be made of it. */
  now(): number;
  /** Call `fn` once, `ms` from now. */
  after(ms: number, fn: () => void): Cancel;
}

/** A store that has not answered for so long is not waited for. */
export const LOADED_WITHIN_MS = 1_000;

/** Resolves, with null, when so much time has passed. */
export function timeOf(clock: Clock, ms: number): Promise<null> {
  return new Promise((resolve) => {
    clock.after(ms, () => {
      resolve(null);
    });
  });
}

/** What is different each time. */
export interface Chance {
  /** Uniform in [0, 1). */
  random(): number;
  /** A fresh UUID. */
  uuid(): string;
}

/** Tell when it is worth trying again at once: the tab became visible. */
export type OnWake = (fn: () => void) => Cancel;

/** Tell what the device believes of its network. A hint, never proof: ask the server. */
export type OnNetwork = (fn: (isUp: boolean) => void) => Cancel;

/** Whether somebody is looking at this page: only then what it shows counts as seen. */
export interface Attention {
  isHere(): boolean;
  /** Tell when that may have changed. */
  onChange(fn: () => void): Cancel;
}

/** What shows that somebody is at this device, whether they look at this page or not. */
export interface Usage {
  /** Whether the page is in sight; it may be without the focus. */
  isShown(): boolean;
  /** Tell of every key, touch and move of the pointer, and when `isShown` may have changed. */
  onUse(fn: () => void): Cancel;
}

/** What a connection attempt comes to. */
export interface TransportEvents {
  onOpen(): void;
  onText(text: string): void;
  /** Exactly once, and nothing after it. 1006 where the network gave no code. */
  onClose(code: number): void;
}

/** One connection attempt and the connection that it becomes. */
export interface Transport {
  send(text: string): void;
  /** `code` 1000 or 3000…4999. `onClose` may follow, or not. */
  close(code: number): void;
}

/** Try to connect, once. It returns at once; the events tell the rest. */
export type OpenTransport = (events: TransportEvents) => Transport;

/** A message on its way: what is kept until the server has acknowledged it. */
export interface Draft {
  client_id: string;
  room: string;
  sender: string;
  content: string;
  /** The seq that it answers, or null. */
  reply_to: number | null;
  /** Milliseconds since 1970 by this device's clock: for display and for the order of sending. */
  created_at: number;
  /**
   * `pending` is being tried; `queued` was taken by the queue service, which hands it on; `failed`
   * needs the person, or, where it `goes_again`, a server that answers.
   */
  state: Extract<Status, "pending" | "queued" | "failed">;
  /** The queue service has it, whatever else is tried with it. */
  is_held?: boolean;
  /** It failed because nothing could be reached. */
  goes_again?: boolean;
  /** Why it failed, for people. */
  reason?: string;
}

/** Where drafts outlive the page. A store that fails is survived: the draft lives in memory then. */
export interface DraftStore {
  /** All drafts of one sender, oldest first. */
  load(sender: string): Promise<Draft[]>;
  put(draft: Draft): Promise<void>;
  remove(clientId: string): Promise<void>;
}

/** A room as it is kept: what was said of it, and which of its messages are kept with it. */
export interface KeptRoom {
  state: RoomState;
  /** The messages from `from` to `cursor` are kept, without a hole; none where it is above. */
  from: number;
  cursor: number;
  /** The one at the cursor, which a list of rooms shows. */
  newest: Message | null;
  /** Its place in the list: greater is higher. */
  activity: number;
}

/** What has changed since the last time. First nothing stays of what is gone: it may have come back. */
export interface KeptChange {
  rooms: KeptRoom[];
  messages: Message[];
  gone: string[];
}

/**
 * Where rooms and messages outlive the page, each person's apart. It may fail or be empty at any
 * time: the server has everything.
 */
export interface ChatStore {
  rooms(user: string): Promise<KeptRoom[]>;
  /** The kept ones from seq `from` to seq `to`, ascending. */
  messages(user: string, room: string, from: number, to: number): Promise<Message[]>;
  /** Write all of a change, or nothing. */
  keep(user: string, change: KeptChange): Promise<void>;
  /** Forget everything of a person: they signed out. Drafts stay where the server ended it. */
  forget(user: string, keepDrafts?: boolean): Promise<void>;
}

/**
 * How far a person has read on this device, kept beside what the server knows: the server learns of
 * it late, or not at all while it is away. Must not raise.
 */
export interface ReadMarks {
  /** 0 where nothing was kept. */
  get(user: string, room: string): number;
  set(user: string, room: string, seq: number): void;
}

/**
 * Which page of a browser leads. Of all that campaign under one name, one leads at a time; when it
 * dies another one does.
 */
export interface Leadership {
  /**
   * Lead when it is this page's turn; `onLost` where another page seized the lead. The returned
   * function gives up the lead, or the wait for it.
   */
  campaign(name: string, onLead: () => void, onLost: () => void): Cancel;
  /** Lead now, whoever does: that page does not answer. Only after `campaign`. */
  seize(name: string): void;
}

/** What the pages of a browser tell each other; none hears itself. In order from each of them. */
export interface Channel {
  post(note: unknown): void;
  close(): void;
}

/** Join the pages that use this name. Nothing may be lost between pages that live. */
export type OpenChannel = (name: string, onNote: (note: unknown) => void) => Channel;

/** All of the world outside. `browserEnvironment` is that of a page. */
export interface Environment {
  clock: Clock;
  chance: Chance;
  attention: Attention;
  usage: Usage;
  onWake: OnWake;
  onNetwork: OnNetwork;
  openTransport: OpenTransport;
  leadership: Leadership;
  openChannel: OpenChannel;
  drafts: DraftStore;
  store: ChatStore;
  marks: ReadMarks;
}
