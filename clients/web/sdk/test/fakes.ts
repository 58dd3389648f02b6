/** The world outside, held in hand: a clock that moves when told, sockets and a server of values. */
import { Api, ChatClient } from "../src";
import type {
  Attention,
  Cancel,
  Chance,
  Channel,
  ChatStore,
  ClientFrame,
  Clock,
  Draft,
  DraftStore,
  Environment,
  KeptChange,
  KeptRoom,
  Leadership,
  Message,
  OpenTransport,
  RoomState,
  ServerFrame,
  TransportEvents,
  Usage,
  User,
} from "../src";

export const ME: User = { id: "me", username: "alice", display_name: "Alice" };

/** Let every promise that can go on go on; the body of a `Response` takes some turns of the loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export class FakeClock implements Clock {
  private time = 1_700_000_000_000;
  private timers: { at: number; fn: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, fn: () => void): Cancel {
    const timer = { at: this.time + ms, fn };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  /** Move on, firing what falls due in order, and let promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settle();
    for (;;) {
      const due = this.timers.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((one) => one !== due);
      this.time = Math.max(this.time, due.at);
      due.fn();
      await settle();
    }
    this.time = end;
  }
}

let uuids = 0;

export class FakeChance implements Chance {
  value = 1 - Number.EPSILON;

  random(): number {
    return this.value;
  }

  /** Another one for every page there ever was. */
  uuid(): string {
    uuids += 1;
    return `${String(uuids).padStart(8, "0")}-0000-4000-8000-000000000000`;
  }
}

export class FakeAttention implements Attention {
  private here = true;
  private readonly listeners = new Set<() => void>();

  isHere(): boolean {
    return this.here;
  }

  onChange(fn: () => void): Cancel {
    this.listeners.add(fn);
    return () => {
      this.listeners.delete(fn);
    };
  }

  /** Somebody looks at the page from now on, or somewhere else. */
  turn(here: boolean): void {
    this.here = here;
    for (const fn of this.listeners) fn();
  }
}

export class FakeUsage implements Usage {
  private shown = true;
  private readonly listeners = new Set<() => void>();

  isShown(): boolean {
    return this.shown;
  }

  onUse(fn: () => void): Cancel {
    this.listeners.add(fn);
    return () => {
      this.listeners.delete(fn);
    };
  }

  /** A key, a touch, a move of the pointer. */
  use(): void {
    for (const fn of this.listeners) fn();
  }

  /** The page comes in sight, or another takes its place. */
  show(shown: boolean): void {
    this.shown = shown;
    this.use();
  }
}

export class FakeSocket {
  readonly sent: ClientFrame[] = [];
  closedWith: number | null = null;

  constructor(
    private readonly events: TransportEvents,
    private readonly onSend: (frame: ClientFrame) => void = () => undefined,
  ) {}

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    this.sent.push(frame);
    this.onSend(frame);
  }

  close(code: number): void {
    this.closedWith = code;
  }

  /** The server says something. */
  say(frame: ServerFrame): void {
    this.events.onText(JSON.stringify(frame));
  }

  /** The server, or the network, closes. */
  break(code = 1006): void {
    this.events.onClose(code);
  }

  sentOf<T extends ClientFrame["type"]>(type: T): Extract<ClientFrame, { type: T }>[] {
    return this.sent.filter((one): one is Extract<ClientFrame, { type: T }> => one.type === type);
  }
}

export class MemoryDrafts implements DraftStore {
  readonly kept = new Map<string, Draft>();

  load(sender: string): Promise<Draft[]> {
    return Promise.resolve([...this.kept.values()].filter((draft) => draft.sender === sender));
  }

  put(draft: Draft): Promise<void> {
    this.kept.set(draft.client_id, draft);
    return Promise.resolve();
  }

  remove(clientId: string): Promise<void> {
    this.kept.delete(clientId);
    return Promise.resolve();
  }
}

export class MemoryStore implements ChatStore {
  readonly kept = new Map<string, KeptRoom>();
  readonly held = new Map<string, Message>();

  rooms(): Promise<KeptRoom[]> {
    return Promise.resolve(structuredClone([...this.kept.values()]));
  }

  messages(_: string, room: string, from: number, to: number): Promise<Message[]> {
    const found: Message[] = [];
    for (let seq = from; seq <= to; seq += 1) {
      const message = this.held.get(`${room}.${seq}`);
      if (message !== undefined) found.push(message);
    }
    return Promise.resolve(structuredClone(found));
  }

  keep(_: string, change: KeptChange): Promise<void> {
    for (const id of change.gone) {
      this.kept.delete(id);
      for (const [key, message] of this.held) if (message.room === id) this.held.delete(key);
    }
    for (const room of change.rooms) this.kept.set(room.state.id, structuredClone(room));
    for (const message of change.messages) this.held.set(message.id, structuredClone(message));
    return Promise.resolve();
  }

  forget(): Promise<void> {
    this.kept.clear();
    this.held.clear();
    return Promise.resolve();
  }
}

interface Campaign {
  page: object;
  onLead: () => void;
  onLost: () => void;
}

/** What the pages of one browser share: who leads, what they tell each other, what they keep. */
export class Browser {
  readonly drafts = new MemoryDrafts();
  readonly store = new MemoryStore();
  readonly marks = new Map<string, number>();
  private readonly campaigns = new Map<string, Campaign[]>();
  private readonly cancels = new Map<object, (() => void)[]>();
  private readonly channels = new Map<string, Map<object, (note: unknown) => void>>();

  leadershipOf(page: object): Leadership {
    return {
      campaign: (name, onLead, onLost) => {
        const queue = this.campaigns.get(name) ?? [];
        const campaign = { page, onLead, onLost };
        this.campaigns.set(name, queue);
        queue.push(campaign);
        if (queue.length === 1) queueMicrotask(onLead);
        const cancel = (): void => {
          const place = queue.indexOf(campaign);
          if (place >= 0) queue.splice(place, 1);
          const next = queue[0];
          if (place !== 0 || next === undefined) return;
          queueMicrotask(() => {
            if (queue[0] === next) next.onLead();
          });
        };
        this.cancels.set(page, [...(this.cancels.get(page) ?? []), cancel]);
        return cancel;
      },
      seize: (name) => {
        const queue = this.campaigns.get(name) ?? [];
        const mine = queue.find((one) => one.page === page);
        const leader = queue[0];
        if (mine === undefined || leader === undefined || mine === leader) return;
        queue.splice(queue.indexOf(mine), 1);
        queue.unshift(mine);
        queueMicrotask(leader.onLost);
        queueMicrotask(mine.onLead);
      },
    };
  }

  openChannel(page: object, name: string, onNote: (note: unknown) => void): Channel {
    const listeners = this.channels.get(name) ?? new Map<object, (note: unknown) => void>();
    this.channels.set(name, listeners);
    listeners.set(page, onNote);
    return {
      post: (note) => {
        if (!listeners.has(page)) return;
        const copy = structuredClone(note);
        for (const [other, hear] of listeners)
          if (other !== page)
            queueMicrotask(() => {
              if (listeners.has(other)) hear(copy);
            });
      },
      close: () => {
        listeners.delete(page);
      },
    };
  }

  /** A page is gone; one that is asleep goes on holding what it leads. */
  bury(page: object, isAsleep: boolean): void {
    for (const listeners of this.channels.values()) listeners.delete(page);
    if (isAsleep) return;
    for (const cancel of this.cancels.get(page) ?? []) cancel();
  }
}

export interface Request {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: unknown;
}

/** What the server answers over HTTP. A path that nobody taught it fails like a dead network. */
export class FakeHttp {
  readonly requests: Request[] = [];
  private readonly answers: { match: string; status: number; body: unknown }[] = [];

  /** The answer from now on, for requests that look like `match` (`"GET /auth/session"`). */
  answer(match: string, status: number, body: unknown): void {
    this.answers.unshift({ match, status, body });
  }

  readonly fetch: typeof globalThis.fetch = (input, init) => {
    const path = (input as string).replace("/api/chat", "").replace("/api/", "/");
    const method = init?.method ?? "GET";
    const body: unknown =
      typeof init?.body === "string" ? JSON.parse(init.body) : (init?.body ?? null);
    const headers = { ...(init?.headers as Record<string, string>) };
    this.requests.push({ method, path, headers, body });
    const answer = this.answers.find((one) => `${method} ${path}`.startsWith(one.match));
    if (answer === undefined) return Promise.reject(new TypeError("network is down"));
    const text = answer.status === 204 ? null : JSON.stringify(answer.body);
    return Promise.resolve(new Response(text, { status: answer.status }));
  };
}

/** Everything around one client, and the client. Other pages of its browser share `browser`. */
export class World {
  readonly chance = new FakeChance();
  readonly drafts: MemoryDrafts;
  readonly store: MemoryStore;
  readonly marks: Map<string, number>;
  readonly http = new FakeHttp();
  readonly sockets: FakeSocket[] = [];
  wake: () => void = () => undefined;
  network: (isUp: boolean) => void = () => undefined;
  readonly attention = new FakeAttention();
  readonly usage = new FakeUsage();

  private readonly openTransport: OpenTransport = (events) => {
    const socket = new FakeSocket(events);
    this.sockets.push(socket);
    return socket;
  };

  readonly env: Environment;
  readonly api: Api;

  private isDead = false;

  constructor(
    readonly browser = new Browser(),
    readonly clock = new FakeClock(),
  ) {
    this.drafts = browser.drafts;
    this.store = browser.store;
    this.marks = browser.marks;
    this.env = this.environment();
    this.api = new Api(this.http.fetch, clock);
  }

  /** The page does nothing any more; asleep it keeps what it holds of the browser. */
  die({ isAsleep = false } = {}): void {
    this.isDead = true;
    this.browser.bury(this, isAsleep);
  }

  private readonly environment = (): Environment => ({
    clock: {
      now: () => this.clock.now(),
      after: (ms, fn) =>
        this.clock.after(ms, () => {
          if (!this.isDead) fn();
        }),
    },
    chance: this.chance,
    drafts: this.drafts,
    store: this.store,
    attention: this.attention,
    usage: this.usage,
    openTransport: this.openTransport,
    leadership: this.browser.leadershipOf(this),
    openChannel: (name, onNote) => this.browser.openChannel(this, name, onNote),
    marks: {
      get: (user, room) => this.marks.get(`${user} ${room}`) ?? 0,
      set: (user, room, seq) => this.marks.set(`${user} ${room}`, seq),
    },
    onWake: (fn) => {
      this.wake = fn;
      return () => {
        this.wake = () => undefined;
      };
    },
    onNetwork: (fn) => {
      this.network = fn;
      return () => {
        this.network = () => undefined;
      };
    },
  });

  /** The latest socket. */
  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (last === undefined) throw new Error("No socket was opened.");
    return last;
  }

  client(): ChatClient {
    return new ChatClient(this.env, this.api, ME);
  }

  /** A client that has been welcomed with these rooms. */
  async online(...rooms: RoomState[]): Promise<ChatClient> {
    const client = this.client();
    client.start();
    await settle();
    this.socket.say(welcome(...rooms));
    this.socket.say({ type: "drained", count: 0 });
    await settle();
    return client;
  }
}

export const LIMITS = {
  frame_bytes: 65536,
  content_chars: 4096,
  messages_per_s: 20,
  messages_burst: 100,
  typing_per_s: 10,
  typing_burst: 50,
  receipts_per_s: 100,
  receipts_burst: 1000,
  frames_per_s: 200,
  frames_burst: 2000,
  frame_bytes_per_s: 524288,
  frame_bytes_burst: 4194304,
  user_messages_per_s: 60,
  user_messages_burst: 300,
  user_connections: 50,
};

export function welcome(...rooms: RoomState[]): ServerFrame {
  return {
    type: "welcome",
    protocol: 1,
    session: "s",
    user: ME,
    server_time: "2026-01-01T00:00:00.000Z",
    heartbeat_s: 30,
    limits: LIMITS,
    rooms,
  };
}

/** A direct room with Bob whose messages up to `last` were all delivered and read. */
export function roomOf(id: string, last: number, changes: Partial<RoomState> = {}): RoomState {
  return {
    id,
    kind: "direct",
    name: "Bob",
    version: 1,
    members: ["me", "bob"],
    member_count: 2,
    last_seq: last,
    delivered_seq: last,
    read_seq: last,
    lowest: [{ user: "bob", delivered_seq: last, read_seq: last }],
    ...changes,
  };
}

export function messageOf(room: string, seq: number, changes: Partial<Message> = {}): Message {
  return {
    id: `${room}.${seq}`,
    room,
    seq,
    sender: "bob",
    client_id: `c-${room}-${seq}`,
    content: `message ${seq}`,
    reply_to: null,
    created_at: "2026-01-01T00:00:00.000Z",
    ...changes,
  };
}

export function frameOf(message: Message): ServerFrame {
  return { type: "message", ...message };
}

export function seqsOf(client: ChatClient, room: string): number[] {
  return client.room(room)?.log.messages.map((message) => message.seq) ?? [];
}
