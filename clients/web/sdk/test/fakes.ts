/** The world outside, held in hand: a clock that moves when told, sockets and a server of values. */
import { Api, ChatClient } from "../src";
import type {
  Attention,
  Cancel,
  Chance,
  ClientFrame,
  Clock,
  Draft,
  DraftStore,
  Environment,
  Message,
  OpenTransport,
  RoomState,
  ServerFrame,
  TransportEvents,
  Usage,
  User,
} from "../src";

export const ME: User = { id: "me", username: "alice", display_name: "Alice" };

/** Let every promise that can go on go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
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

export class FakeChance implements Chance {
  value = 1 - Number.EPSILON;
  private count = 0;

  random(): number {
    return this.value;
  }

  uuid(): string {
    this.count += 1;
    return `00000000-0000-4000-8000-${String(this.count).padStart(12, "0")}`;
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

  constructor(private readonly events: TransportEvents) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame);
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
    const path = (input as string).replace("/api/chat", "");
    const method = init?.method ?? "GET";
    const body: unknown = typeof init?.body === "string" ? JSON.parse(init.body) : null;
    const headers = { ...(init?.headers as Record<string, string>) };
    this.requests.push({ method, path, headers, body });
    const answer = this.answers.find((one) => `${method} ${path}`.startsWith(one.match));
    if (answer === undefined) return Promise.reject(new TypeError("network is down"));
    const text = answer.status === 204 ? null : JSON.stringify(answer.body);
    return Promise.resolve(new Response(text, { status: answer.status }));
  };
}

/** Everything around one client, and the client. */
export class World {
  readonly clock = new FakeClock();
  readonly chance = new FakeChance();
  readonly drafts = new MemoryDrafts();
  readonly marks = new Map<string, number>();
  readonly http = new FakeHttp();
  readonly api = new Api(this.http.fetch, this.clock);
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

  readonly env: Environment = {
    clock: this.clock,
    chance: this.chance,
    drafts: this.drafts,
    attention: this.attention,
    usage: this.usage,
    openTransport: this.openTransport,
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
  };

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
