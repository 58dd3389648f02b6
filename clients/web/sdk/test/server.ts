/**
 * A server of values for pages that are treated badly: it keeps its promises, its network does not.
 */
import type {
  ClientFrame,
  Draft,
  Message,
  RoomState,
  ServerFrame,
  Transport,
  TransportEvents,
} from "../src";
import type { FakeClock } from "./fakes";
import { FakeSocket, ME, messageOf, roomOf, welcome } from "./fakes";

export const ROOMS = ["a", "b"];

/** A live frame comes no later than this, whatever becomes of it on the way. */
const LATEST_MS = 1_000;

/** What one network does: each says whether the next of its kind fails. */
export interface Weather {
  /** Nobody gets a connection, and HTTP fails. */
  isDown: boolean;
  /** A frame of the server gets lost: the socket dies with it. */
  losesFrame(): boolean;
  /** What a client says arrives, and the answer does not. */
  losesAnswer(): boolean;
  /** A live frame comes late, behind the next. */
  delays(): boolean;
  /** A frame comes twice. */
  doubles(): boolean;
}

export class Server {
  readonly messages = new Map<string, Message[]>(ROOMS.map((room) => [room, []]));
  readonly queued: Draft[] = [];
  readonly marks = new Map(ROOMS.map((room) => [room, { delivered: 0, read: 0 }]));
  private readonly pages = new Map<FakeSocket, object>();
  private readonly sockets = new Set<FakeSocket>();
  private late: { socket: FakeSocket; frame: ServerFrame } | null = null;

  constructor(
    private readonly clock: FakeClock,
    readonly weather: Weather,
  ) {}

  /** A page opens a socket. */
  open(events: TransportEvents, page: object): Transport {
    const socket = new FakeSocket(
      {
        ...events,
        onClose: (code) => {
          this.sockets.delete(socket);
          events.onClose(code);
        },
      },
      (frame) => {
        if (this.sockets.has(socket))
          this.clock.after(1, () => {
            this.hear(socket, frame);
          });
      },
    );
    const close = socket.close.bind(socket);
    socket.close = (code) => {
      this.sockets.delete(socket);
      close(code);
    };
    this.sockets.add(socket);
    this.pages.set(socket, page);
    this.clock.after(1, () => {
      if (!this.sockets.has(socket)) return;
      if (this.weather.isDown) socket.break();
      else this.greet(socket);
    });
    return socket;
  }

  /** A page is gone, and its socket with it. */
  hangUp(page: object): void {
    for (const socket of this.sockets)
      if (this.pages.get(socket) === page) this.sockets.delete(socket);
  }

  readonly fetch: typeof globalThis.fetch = (input, init) => {
    const path = input as string;
    if (this.weather.isDown) return Promise.reject(new TypeError("network is down"));
    const body = typeof init?.body === "string" ? (JSON.parse(init.body) as Draft) : null;
    const post = /^\/api\/chat\/rooms\/(\w+)\/messages$/.exec(path);
    if (post !== null && body !== null) {
      const message = this.store({ ...body, room: post[1] ?? "" }, null);
      if (this.weather.losesAnswer()) return Promise.reject(new TypeError("the answer was lost"));
      return answer(201, message);
    }
    const page = /^\/api\/chat\/rooms\/(\w+)\/messages\?before=(\d+)&limit=(\d+)$/.exec(path);
    if (page !== null) {
      const [, room = "", before, limit] = page;
      const below = this.of(room).filter((one) => one.seq < Number(before));
      const messages = below.slice(-Number(limit));
      return answer(200, { messages, has_more: messages.length < below.length });
    }
    if (path === "/api/queue/outgoing" && body !== null) {
      if (!this.queued.some((one) => one.client_id === body.client_id)) this.queued.push(body);
      return answer(202, {});
    }
    return answer(404, { code: "not_found" });
  };

  of(room: string): Message[] {
    return this.messages.get(room) ?? [];
  }

  rooms(): RoomState[] {
    return ROOMS.map((room) => {
      const { delivered, read } = this.marks.get(room) ?? { delivered: 0, read: 0 };
      const state = { delivered_seq: delivered, read_seq: read };
      return roomOf(room, this.of(room).length, state);
    });
  }

  /** Bob writes something. */
  write(room: string): void {
    this.append(messageOf(room, this.of(room).length + 1), null);
  }

  /** The queue service hands on what it has. */
  submit(): void {
    for (const draft of this.queued.splice(0)) {
      const stored = this.store(draft, null);
      for (const socket of this.sockets) this.say(socket, ackOf(stored));
    }
  }

  breakAll(): void {
    for (const socket of [...this.sockets]) socket.break();
  }

  private greet(socket: FakeSocket): void {
    this.say(socket, welcome(...this.rooms()));
    for (const room of ROOMS)
      for (const message of this.of(room).slice(this.marks.get(room)?.delivered))
        this.say(socket, { type: "message", ...message });
    this.say(socket, { type: "drained", count: 0 });
  }

  private hear(socket: FakeSocket, frame: ClientFrame): void {
    switch (frame.type) {
      case "message":
      case "retry": {
        const stored = this.store(frame, socket);
        if (!this.weather.losesAnswer()) this.say(socket, ackOf(stored, frame.ref));
        break;
      }
      case "sync":
        this.sync(socket, frame);
        break;
      case "delivered":
      case "read_receipt":
        this.mark(frame.room, frame.seq, frame.type === "read_receipt");
        break;
      case "ping":
        this.say(socket, { type: "pong", server_time: "" });
        break;
      default:
        break;
    }
  }

  private sync(socket: FakeSocket, frame: Extract<ClientFrame, { type: "sync" }>): void {
    const rooms = Object.entries(frame.cursors).map(([room, cursor]) => {
      const missing = this.of(room).filter((one) => one.seq > cursor);
      for (const message of missing) this.say(socket, { type: "message", ...message });
      return { room, from: cursor + 1, to: cursor + missing.length, has_more: false };
    });
    this.say(socket, { type: "synced", rooms, ...(frame.ref != null && { ref: frame.ref }) });
  }

  private mark(room: string, seq: number, isRead: boolean): void {
    const mark = this.marks.get(room);
    if (mark === undefined) return;
    const most = Math.min(seq, this.of(room).length);
    mark.delivered = Math.max(mark.delivered, most);
    if (isRead) mark.read = Math.max(mark.read, most);
  }

  private store(wanted: Pick<Draft, "client_id" | "room" | "content">, from: FakeSocket | null) {
    const known = this.of(wanted.room).find((one) => one.client_id === wanted.client_id);
    if (known !== undefined) return known;
    const seq = this.of(wanted.room).length + 1;
    const { client_id, content } = wanted;
    const message = messageOf(wanted.room, seq, { sender: ME.id, client_id, content });
    const mark = this.marks.get(wanted.room);
    if (mark?.delivered === seq - 1) mark.delivered = seq;
    if (mark?.read === seq - 1) mark.read = seq;
    this.append(message, from);
    return message;
  }

  private append(message: Message, from: FakeSocket | null): void {
    this.of(message.room).push(message);
    for (const socket of this.sockets)
      if (socket !== from) this.live(socket, { type: "message", ...message });
  }

  private live(socket: FakeSocket, frame: ServerFrame): void {
    if (this.weather.delays() && this.late === null) {
      this.late = { socket, frame };
      this.clock.after(LATEST_MS, () => {
        this.sayLate();
      });
      return;
    }
    this.say(socket, frame);
    this.sayLate();
  }

  private sayLate(): void {
    const { late } = this;
    this.late = null;
    if (late !== null) this.say(late.socket, late.frame);
  }

  private say(socket: FakeSocket, frame: ServerFrame): void {
    if (!this.sockets.has(socket)) return;
    if (this.weather.losesFrame()) {
      socket.break();
      return;
    }
    socket.say(frame);
    if (this.weather.doubles()) socket.say(frame);
  }
}

function answer(status: number, body: unknown): Promise<Response> {
  return Promise.resolve(new Response(JSON.stringify(body), { status }));
}

function ackOf(message: Message, ref?: string | null): ServerFrame {
  const { client_id, room, id, seq, created_at } = message;
  const ack = { type: "ack" as const, client_id, room, id, seq, created_at };
  return { ...ack, status: "sent", duplicate: false, ...(ref != null && { ref }) };
}
