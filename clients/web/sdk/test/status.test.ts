/**
 * Feature: whatsapp-messaging-fix, Property 5: Message Status Tracking
 *
 * A message is pending, then sent, then as far as the slowest of the others. Whatever is told of
 * them, late, twice or in another order: what is shown only rises, is never ahead of the truth, and
 * is the truth once the last word has come.
 */
import fc from "fast-check";
import { expect, test } from "vitest";

import type { ChatClient, Progress, RoomState, Watermark } from "../src";
import { World, roomOf, settle } from "./fakes";

const OTHERS = ["bob", "carol", "dave", "erin", "frank"];
const LAST = 6;
const SEQS = Array.from({ length: LAST }, (_, index) => index + 1);
const RANK: Record<Progress, number> = { sent: 0, delivered: 1, read: 2 };

interface Advance {
  user: string;
  delivered: number;
  read: number;
}

const advance: fc.Arbitrary<Advance> = fc.record({
  user: fc.constantFrom(...OTHERS),
  delivered: fc.nat(LAST),
  read: fc.nat(LAST),
});

function nobodyYet(): Watermark[] {
  return OTHERS.map((user) => ({ user, delivered_seq: 0, read_seq: 0 }));
}

/** Marks only rise, and what is read is delivered. */
function after(marks: readonly Watermark[], { user, delivered, read }: Advance): Watermark[] {
  return marks.map((mark) => {
    if (mark.user !== user) return mark;
    const read_seq = Math.max(mark.read_seq, read);
    return { user, delivered_seq: Math.max(mark.delivered_seq, delivered, read_seq), read_seq };
  });
}

/** Who is furthest behind: two by each mark. */
function lowestOf(marks: readonly Watermark[]): Watermark[] {
  const byDelivered = [...marks].sort((a, b) => a.delivered_seq - b.delivered_seq).slice(0, 2);
  const byRead = [...marks].sort((a, b) => a.read_seq - b.read_seq).slice(0, 2);
  return [...new Set([...byDelivered, ...byRead])];
}

function truth(marks: readonly Watermark[], seq: number): Progress {
  if (marks.every((mark) => mark.read_seq >= seq)) return "read";
  return marks.every((mark) => mark.delivered_seq >= seq) ? "delivered" : "sent";
}

function groupOf(last: number): RoomState {
  const room = roomOf("a", last, { kind: "group", name: "Team", lowest: nobodyYet() });
  delete room.members;
  return { ...room, role: "member", open_history: false, member_count: OTHERS.length + 1 };
}

const shown = (client: ChatClient): Progress[] =>
  SEQS.map((seq) => client.room("a")?.progress(seq) ?? "sent");

test("what is shown only rises, is never ahead of the truth, and ends with it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(advance, { minLength: 1, maxLength: 30 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      async (advances, order) => {
        const world = new World();
        const client = await world.online(groupOf(LAST));
        let marks = nobodyYet();
        const told = advances.map((one) => lowestOf((marks = after(marks, one))));
        const news = [...order.map((place) => told[place % told.length]), told.at(-1)];
        let before = shown(client);

        for (const lowest of news) {
          world.socket.say({ type: "status", room: "a", lowest: lowest ?? [] });
          const now = shown(client);
          for (const [index, seq] of SEQS.entries()) {
            const rank = RANK[now[index] ?? "sent"];
            expect(rank).toBeGreaterThanOrEqual(RANK[before[index] ?? "sent"]);
            expect(rank).toBeLessThanOrEqual(RANK[truth(marks, seq)]);
          }
          before = now;
        }

        expect(shown(client)).toEqual(SEQS.map((seq) => truth(marks, seq)));
      },
    ),
    { numRuns: 200 },
  );
});

test("a message is pending until the server has answered, and then sent or failed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }), async (isTakenOf) => {
      const world = new World();
      const client = await world.online(roomOf("a", 0));
      let seq = 0;

      for (const isTaken of isTakenOf) {
        const { client_id } = client.send("a", "hello");
        await settle();
        expect(client.drafts("a").at(-1)?.state).toBe("pending");
        const created_at = "2026-01-01T00:00:00.000Z";
        const ack = { type: "ack" as const, client_id, room: "a", created_at };
        if (isTaken) {
          seq += 1;
          world.socket.say({ ...ack, id: `a.${seq}`, seq, status: "sent", duplicate: false });
          expect(client.room("a")?.newest?.client_id).toBe(client_id);
          expect(client.room("a")?.progress(seq)).toBe("sent");
        } else {
          world.socket.say({ type: "error", code: "bad_frame", message: "No.", client_id });
          expect(client.drafts("a").at(-1)).toMatchObject({ client_id, state: "failed" });
        }
      }

      expect(client.drafts("a")).toHaveLength(isTakenOf.filter((isTaken) => !isTaken).length);
      expect(client.room("a")?.log.messages).toHaveLength(seq);
    }),
    { numRuns: 100 },
  );
});
