/**
 * Feature: whatsapp-messaging-fix, Property 4: WebSocket Fallback Behavior
 *
 * Whatever the three roads do: each try climbs them in their order, what one of them takes is stored
 * once, and what none takes is sent, in the order of writing, when one is well again.
 */
import fc from "fast-check";
import { expect, test } from "vitest";

import { Api, ChatClient } from "../src";
import type { ClientFrame, Draft } from "../src";
import { FakeSocket, ME, World, messageOf, roomOf, settle, welcome } from "./fakes";

/**
 * `mute` takes a message and its answer is lost; `silent` takes none and says nothing; `refusing`
 * says that it cannot now. There is no socket where it is `down`.
 */
type Way = "up" | "mute" | "silent" | "refusing";
interface Roads {
  socket: Way | "down";
  http: Way;
  queue: Way;
}

const WELL: Roads = { socket: "up", http: "up", queue: "up" };
const way = fc.constantFrom<Way>("up", "mute", "silent", "refusing");
const roads: fc.Arbitrary<Roads> = fc.record({
  socket: fc.oneof(way, fc.constant("down" as const)),
  http: way,
  queue: way,
});

/** One whole climb: no ack, and then nobody answers. */
const CLIMB_MS = 5_000 + 10_000 + 10_000;

/** What rests, the slow tries to connect, and a request that hangs. */
const HEALED_AFTER_MS = 30_000 + 61_000 + CLIMB_MS;

type Wanted = Pick<Draft, "client_id" | "content">;

/** A client, and a server that does with each road what it is told. */
class Play {
  readonly world = new World();
  readonly client: ChatClient;
  readonly tries: (keyof Roads)[] = [];
  readonly stored: string[] = [];

  constructor(public roads: Roads) {
    this.world.env.openTransport = (events) => {
      const socket = new FakeSocket(events, (frame) => {
        this.world.clock.after(1, () => {
          this.hear(socket, frame);
        });
      });
      this.world.clock.after(1, () => {
        if (this.roads.socket === "down") socket.break();
        else socket.say(welcome(roomOf("a", this.stored.length)));
      });
      return socket;
    };
    this.client = new ChatClient(this.world.env, new Api(this.fetch, this.world.clock), ME);
  }

  async start(): Promise<void> {
    this.client.start();
    await this.world.clock.advance(100);
  }

  /** Nothing is wrong from now on, for as long as anything could still be waited for. */
  async heal(): Promise<void> {
    this.roads = WELL;
    await this.world.clock.advance(HEALED_AFTER_MS);
  }

  private hear(socket: FakeSocket, frame: ClientFrame): void {
    if (frame.type === "ping") socket.say({ type: "pong", server_time: "" });
    if (frame.type !== "message" && frame.type !== "retry") return;
    this.tries.push("socket");
    const { client_id } = frame;
    if (this.roads.socket === "refusing")
      socket.say({ type: "error", code: "unavailable", message: "Not now.", client_id });
    if (this.roads.socket !== "up" && this.roads.socket !== "mute") return;
    const { id, room, seq, created_at } = this.store(frame);
    const ack = { type: "ack" as const, client_id, room, id, seq, created_at };
    if (this.roads.socket === "up") socket.say({ ...ack, status: "sent", duplicate: false });
  }

  private readonly fetch: typeof globalThis.fetch = (input, init) => {
    const path = input as string;
    // Nothing is to be heard over HTTP: that is another property.
    if (path.endsWith("/sync")) return answer(503, { code: "unavailable" });
    if (typeof init?.body !== "string") return answer(404, { code: "not_found" });
    const road = path.startsWith("/api/queue") ? "queue" : "http";
    this.tries.push(road);
    const wanted = JSON.parse(init.body) as Wanted;
    const way = this.roads[road];
    if (way === "refusing") return answer(503, { code: "unavailable" });
    const takes = way !== "silent" && road === "http";
    const body = takes ? this.store(wanted) : {};
    if (way === "up") return answer(road === "http" ? 201 : 202, body);
    return new Promise((_, reject) => {
      init.signal?.addEventListener("abort", () => {
        reject(new TypeError("nobody answered"));
      });
    });
  };

  private store({ client_id, content }: Wanted): ReturnType<typeof messageOf> {
    if (!this.stored.includes(client_id)) this.stored.push(client_id);
    const seq = this.stored.indexOf(client_id) + 1;
    return messageOf("a", seq, { sender: ME.id, client_id, content });
  }
}

function answer(status: number, body: unknown): Promise<Response> {
  return Promise.resolve(new Response(JSON.stringify(body), { status }));
}

/** The roads of one try: the next one where one does not say that it has the message. */
function climbed({ socket, http }: Roads): (keyof Roads)[] {
  const first: (keyof Roads)[] = socket === "down" ? [] : ["socket"];
  if (socket === "up") return first;
  return http === "up" ? [...first, "http"] : [...first, "http", "queue"];
}

test("what fails over the socket is tried over HTTP, and then left to the queue", async () => {
  await fc.assert(
    fc.asyncProperty(roads, async (roads) => {
      const play = new Play(roads);
      await play.start();

      const { client_id } = play.client.send("a", "hello");
      await play.world.clock.advance(CLIMB_MS + 100);

      const wanted = climbed(roads);
      expect(play.tries.slice(0, wanted.length)).toEqual(wanted);
      const states = play.client.drafts("a").map((draft) => draft.state);
      if (roads.socket === "up" || roads.http === "up") {
        expect(play.tries).toEqual(wanted);
        expect(play.stored).toEqual([client_id]);
        expect(states).toEqual([]);
      } else if (roads.queue === "up") expect(states).toEqual(["queued"]);
      else expect(states).toEqual([expect.stringMatching(/^(pending|failed)$/)]);
      play.client.close();
    }),
    { numRuns: 150 },
  );
});

test("whatever the roads do, all is stored once and in order when they are well again", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(roads, fc.nat(90_000)), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 4 }),
      async (weather, count) => {
        const play = new Play(WELL);
        await play.start();
        const written: string[] = [];

        for (const [roads, ms] of weather) {
          play.roads = roads;
          for (let number = 0; number < count; number += 1)
            written.push(play.client.send("a", `number ${number}`).client_id);
          await play.world.clock.advance(ms);
        }
        await play.heal();
        await settle();

        expect(play.stored).toEqual(written);
        expect(play.client.drafts("a")).toEqual([]);
        play.client.close();
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);
