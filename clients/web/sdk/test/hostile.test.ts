/**
 * Feature: whatsapp-messaging-fix, Property 8: Connection Recovery System
 * Feature: whatsapp-messaging-fix, Property 16: Message Persistence and Synchronization
 *
 * Whatever happens to the pages of a browser, their connection and their store: in the end they know
 * what a browser knows that begins then, and what was written is stored once and in order.
 */
import fc from "fast-check";
import { expect, test } from "vitest";

import { Api, ChatClient } from "../src";
import { Browser, FakeClock, ME, World, settle } from "./fakes";
import { ROOMS, Server } from "./server";

type Step =
  | { kind: "bob writes"; room: string }
  | { kind: "I write"; page: number; room: string }
  | { kind: "I look"; page: number; room: string | null }
  | { kind: "time"; ms: number }
  | { kind: "break" }
  | { kind: "network"; isDown: boolean }
  | { kind: "open" }
  | { kind: "close"; page: number }
  | { kind: "die"; page: number; isAsleep: boolean }
  | { kind: "seize"; page: number }
  | { kind: "submit" }
  | { kind: "store"; isBroken: boolean };

const room = fc.constantFrom(...ROOMS);
const page = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("bob writes" as const), room }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("I write" as const), page, room }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("I look" as const), page, room: fc.option(room) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("time" as const),
      ms: fc.constantFrom(1, 10, 300, 600, 2_000, 6_000, 31_000),
    }),
  },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: "break" }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("network" as const), isDown: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: "open" }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("close" as const), page }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("die" as const), page, isAsleep: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("seize" as const), page }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "submit" }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("store" as const), isBroken: fc.boolean() }),
  },
);

interface Page {
  world: World;
  client: ChatClient;
}

/** Some pages, and how bad their network is, as a list of chances decides. */
class Play {
  readonly clock = new FakeClock();
  readonly server: Server;
  readonly pages: Page[] = [];
  /** What was written on each page in each room, in order. */
  readonly written = new Map<string, string[]>();
  private readonly browser = new Browser();
  private readonly lines = new Map<Page, number>();
  private count = 0;
  private isCalm = false;

  constructor(private readonly chances: number[]) {
    this.server = new Server(this.clock, {
      isDown: false,
      losesFrame: () => this.chance(3),
      losesAnswer: () => this.chance(10),
      delays: () => this.chance(15),
      doubles: () => this.chance(10),
    });
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "bob writes":
        this.server.write(step.room);
        break;
      case "I write":
        this.write(step.page, step.room);
        break;
      case "I look":
        this.pages[step.page]?.client.watch(step.room);
        break;
      case "time":
        await this.clock.advance(step.ms);
        break;
      case "break":
        this.server.breakAll();
        break;
      case "network":
        this.server.weather.isDown = step.isDown;
        break;
      case "open":
        if (this.pages.length < 3) this.pages.push(this.open(this.browser));
        break;
      case "close":
        if (this.pages.length > 1) this.pages.splice(step.page, 1)[0]?.client.close();
        break;
      case "die":
        if (this.pages.length > 1) this.kill(this.pages.splice(step.page, 1)[0], step.isAsleep);
        break;
      case "seize": {
        const seizing = this.pages[step.page];
        if (seizing !== undefined)
          this.browser.leadershipOf(seizing.world).seize(`parley/${ME.id}`);
        break;
      }
      case "submit":
        if (!this.server.weather.isDown) this.server.submit();
        break;
      case "store":
        this.breakStore(step.isBroken);
        break;
    }
    await settle();
  }

  /** Everything is well from now on, for as long as anything could still be waited for. */
  async heal(): Promise<void> {
    this.isCalm = true;
    this.server.weather.isDown = false;
    for (let minute = 0; minute < 3; minute += 1) {
      await this.clock.advance(61_000);
      this.server.submit();
    }
    await this.clock.advance(61_000);
  }

  open(browser: Browser): Page {
    const world = new World(browser, this.clock);
    world.env.openTransport = (events) => this.server.open(events, world);
    const api = new Api(this.server.fetch, this.clock);
    const client = new ChatClient(world.env, api, ME);
    client.start();
    this.count += 1;
    const page = { world, client };
    this.lines.set(page, this.count);
    return page;
  }

  private kill(page: Page | undefined, isAsleep: boolean): void {
    page?.world.die({ isAsleep });
    if (page !== undefined) this.server.hangUp(page.world);
  }

  private write(number: number, room: string): void {
    const page = this.pages[number];
    if (page === undefined) return;
    const line = `${this.lines.get(page) ?? 0} in ${room}`;
    const written = this.written.get(line) ?? [];
    this.written.set(line, [...written, page.client.send(room, "hello").client_id]);
  }

  private breakStore(isBroken: boolean): void {
    const store = this.browser.store as { keep?: unknown };
    if (isBroken) store.keep = () => Promise.reject(new Error("full"));
    else delete store.keep;
  }

  /** One of `in100`, as the next of the chances says. */
  private chance(in100: number): boolean {
    if (this.isCalm) return false;
    const next = this.chances.shift() ?? 99;
    return next < in100;
  }
}

interface Known {
  messages: string[];
  unread: number;
  cursor: number;
}

async function knownOf({ client }: Page, room: string, from: number): Promise<Known> {
  await client.loadNewest(room, from);
  const known = client.room(room);
  const messages = known?.shown ?? [];
  return {
    messages: messages
      .filter(({ seq }) => seq >= from)
      .map(({ id, client_id }) => `${id} ${client_id}`),
    unread: known?.unread ?? -1,
    cursor: known?.log.cursor ?? -1,
  };
}

test("in the end all pages know what a new browser knows, and all is stored once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      fc.array(fc.nat(99), { minLength: 200, maxLength: 200 }),
      async (steps, chances) => {
        const play = new Play([...chances]);
        await play.take({ kind: "open" });
        for (const one of steps) await play.take(one);

        await play.heal();

        const fresh = play.open(new Browser());
        await play.clock.advance(3_000);
        for (const room of ROOMS) {
          const stored = play.server.of(room);
          const mine = stored.filter((one) => one.sender === ME.id).map((one) => one.client_id);
          expect(new Set(mine).size).toBe(mine.length);
          const all = await knownOf(fresh, room, 1);
          expect(all.messages).toEqual(stored.map((one) => `${one.id} ${one.client_id}`));
          for (const page of play.pages) {
            expect(page.client.drafts(room)).toEqual([]);
            expect(await knownOf(page, room, 1)).toEqual(all);
          }
        }
        const stored = ROOMS.flatMap((room) => play.server.of(room)).map((one) => one.client_id);
        for (const written of play.written.values())
          expect(stored.filter((id) => written.includes(id))).toEqual(written);
      },
    ),
    { numRuns: 300 },
  );
}, 120_000);
