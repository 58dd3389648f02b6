/**
 * Feature: whatsapp-messaging-fix, Property 16: Message Persistence and Synchronization
 *
 * Whatever is told to the page that holds the connection, and whatever is read on any page: all pages
 * of a browser know the same of it, the one that is opened last too.
 */
import fc from "fast-check";
import { expect, test } from "vitest";

import type { ChatClient, PersonPresence } from "../src";
import { Browser, FakeClock, World, frameOf, messageOf, roomOf, settle, welcome } from "./fakes";

const MOST_PAGES = 3;
const MOST_MESSAGES = 10;
const SEQS = Array.from({ length: MOST_MESSAGES }, (_, index) => index + 1);

type Step =
  | { kind: "message" }
  | { kind: "status"; delivered: number; read: number }
  | { kind: "presence"; status: PersonPresence["status"] }
  | { kind: "look"; page: number; isHere: boolean }
  | { kind: "open" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>({ kind: "message" }),
  fc.record({
    kind: fc.constant("status" as const),
    delivered: fc.nat(MOST_MESSAGES),
    read: fc.nat(MOST_MESSAGES),
  }),
  fc.record({
    kind: fc.constant("presence" as const),
    status: fc.constantFrom<PersonPresence["status"]>("online", "away", "offline"),
  }),
  fc.record({
    kind: fc.constant("look" as const),
    page: fc.nat(MOST_PAGES - 1),
    isHere: fc.boolean(),
  }),
  fc.constant<Step>({ kind: "open" }),
);

class Play {
  readonly pages: { world: World; client: ChatClient }[] = [];
  readonly clock = new FakeClock();
  private readonly browser = new Browser();
  private head = 0;

  async open(): Promise<void> {
    const world = new World(this.browser, this.clock);
    const client = world.client();
    this.pages.push({ world, client });
    client.start();
    await settle();
    if (this.pages.length > 1) return;
    world.socket.say(welcome(roomOf("a", 0)));
    world.socket.say({ type: "drained", count: 0 });
    await settle();
  }

  async take(step: Step): Promise<void> {
    const socket = this.pages[0]?.world.socket;
    switch (step.kind) {
      case "message":
        if (this.head === MOST_MESSAGES) break;
        this.head += 1;
        socket?.say(frameOf(messageOf("a", this.head)));
        break;
      case "status": {
        const delivered_seq = Math.max(step.delivered, step.read);
        const lowest = [{ user: "bob", delivered_seq, read_seq: step.read }];
        socket?.say({ type: "status", room: "a", lowest });
        break;
      }
      case "presence":
        socket?.say({
          type: "presence",
          users: [{ id: "bob", status: step.status, last_seen: null }],
        });
        break;
      case "look": {
        const page = this.pages[step.page];
        page?.world.attention.turn(step.isHere);
        page?.client.watch("a");
        break;
      }
      case "open":
        if (this.pages.length < MOST_PAGES) await this.open();
        break;
    }
    await settle();
    // What was told just now may be told again only a little later.
    await this.clock.advance(300);
  }
}

function knownBy(client: ChatClient): object {
  const room = client.room("a");
  return {
    head: room?.head,
    unread: room?.unread,
    read: room?.readSeq,
    progress: SEQS.map((seq) => room?.progress(seq)),
    presence: client.company.presenceOf("bob").status,
    connection: client.connection.state,
  };
}

test("all pages of a browser know the same, and so does the next one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const play = new Play();
      await play.open();

      for (const one of steps) {
        await play.take(one);
        const [first, ...others] = play.pages.map(({ client }) => knownBy(client));
        for (const other of others) expect(other).toEqual(first);
      }
      await play.open();

      const [first, ...others] = play.pages.map(({ client }) => knownBy(client));
      for (const other of others) expect(other).toEqual(first);
      for (const { client } of play.pages) client.close();
    }),
    { numRuns: 100 },
  );
}, 60_000);
