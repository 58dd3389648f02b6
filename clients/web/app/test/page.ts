/** The page's state over a server of values: what the parts draw and what they set off. */
import type { ChatClient, Message, RoomState } from "@parley/sdk";
import { cleanup, configure } from "@testing-library/preact";
import { vi } from "vitest";

import { FakeHttp, ME, World, frameOf, messageOf, settle, welcome } from "../../sdk/test/fakes";
import { attach, detach, showRoom } from "../src/state/chat";
import { phase } from "../src/state/session";
import { readUnfinishedOf } from "../src/state/unfinished";

export { ME, messageOf, roomOf, settle } from "../../sdk/test/fakes";

configure({ asyncUtilTimeout: 30_000 });

export class Page {
  /** What the server answers to the page itself. */
  readonly http = new FakeHttp();

  private constructor(
    readonly world: World,
    readonly client: ChatClient,
  ) {}

  /** Signed in and connected, with these rooms; the first of them is open. */
  static async open(...rooms: RoomState[]): Promise<Page> {
    const world = new World();
    const page = new Page(world, world.client());
    vi.stubGlobal("fetch", page.http.fetch);
    world.http.answer("GET /rooms/", 200, { messages: [], has_more: false });
    world.http.answer("GET /users", 200, { users: [] });
    phase.value = { name: "signed_in", me: ME };
    readUnfinishedOf(ME.id);
    attach(page.client);
    await settle();
    world.socket.say(welcome(...rooms));
    world.socket.say({ type: "drained", count: 0 });
    await settle();
    showRoom(rooms[0]?.id ?? null);
    await page.drawn();
    return page;
  }

  /** The others write. */
  async hear(room: string, seq: number, changes: Partial<Message> = {}): Promise<void> {
    this.world.socket.say(frameOf(messageOf(room, seq, changes)));
    await this.drawn();
  }

  /** Everything that has changed is drawn. */
  async drawn(): Promise<void> {
    await settle();
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await settle();
  }

  close(): void {
    cleanup();
    detach();
    localStorage.clear();
    vi.unstubAllGlobals();
  }
}
