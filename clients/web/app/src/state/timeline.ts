/**
 * The rows of a conversation: messages, then drafts, with days and groups worked out.
 *
 * A row keeps its key from draft to message, so the element on the page stays the same one.
 */
import type { Draft, Message, Room, Status } from "@parley/sdk";

import { midnightOf } from "../format";

export interface Entry {
  key: string;
  clientId: string;
  /** Null until the server gave one. */
  seq: number | null;
  mine: boolean;
  sender: string;
  /** Who wrote it, where that is said: above a run of messages by somebody else in a group. */
  author: Author | null;
  /** The seq of the message that it answers. */
  replyTo: number | null;
  content: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Null for messages of others. */
  state: Status | null;
  reason: string;
  startsDay: boolean;
  /** First and last of a run of messages by one person within a few minutes. */
  startsGroup: boolean;
  endsGroup: boolean;
}

export interface Author {
  id: string;
  /** Undefined as long as it is being asked for. */
  name: string | undefined;
}

/** What somebody is called; undefined as long as that is being asked for. */
export type NameOf = (user: string) => string | undefined;

const GROUP_WITHIN_MS = 5 * 60_000;

/** What was written when, and the midnight before that: milliseconds since 1970. */
interface Written {
  written: Message | Draft;
  sender: string;
  at: number;
  day: number;
}

/**
 * A long conversation is gone through with every message that comes: what never changes of one is
 * worked out once, and the row of one of which nothing has changed is the same object again.
 */
const known = new WeakMap<Message, Written>();
const rows = new WeakMap<Message | Draft, Entry>();

function writtenOf(message: Message): Written {
  const before = known.get(message);
  if (before !== undefined) return before;
  const at = Date.parse(message.created_at);
  const fresh = { written: message, sender: message.sender, at, day: midnightOf(at) };
  known.set(message, fresh);
  return fresh;
}

function draftOf(draft: Draft): Written {
  const { created_at: at, sender } = draft;
  return { written: draft, sender, at, day: midnightOf(at) };
}

/**
 * The rows of a room: by default of what is held of it. Without a room (one is not in it any more)
 * what was never sent is all there is.
 */
export function timelineOf(
  room: Room | undefined,
  drafts: readonly Draft[],
  me: string,
  nameOf: NameOf,
  shown: readonly Message[] = room?.shown ?? [],
): Entry[] {
  const isGroup = room?.state.kind === "group";
  const all = [...shown.map(writtenOf), ...drafts.map(draftOf)];
  return all.map((one, index) => {
    const before = all[index - 1];
    const after = all[index + 1];
    const startsGroup = before === undefined || !continues(before, one);
    const isNamed = isGroup && startsGroup && one.sender !== me;
    return rowOf(one, me, {
      state: stateOf(one.written, me, room),
      name: isNamed ? nameOf(one.sender) : null,
      startsDay: before?.day !== one.day,
      startsGroup,
      endsGroup: after === undefined || !continues(one, after),
    });
  });
}

/** What may change of a row. `name`: of its author; null where it is not said. */
type Changing = Pick<Entry, "state" | "startsDay" | "startsGroup" | "endsGroup"> & {
  name: string | null | undefined;
};

function rowOf({ written, sender, at }: Written, me: string, now: Changing): Entry {
  const { name, ...looks } = now;
  const reason = "reason" in written ? (written.reason ?? "") : "";
  const before = rows.get(written);
  if (before?.reason === reason && isAsBefore(before, now)) return before;
  const fresh = {
    key: `${sender}/${written.client_id}`,
    clientId: written.client_id,
    seq: "seq" in written ? written.seq : null,
    mine: sender === me,
    sender,
    author: name === null ? null : { id: sender, name },
    replyTo: written.reply_to,
    content: written.content,
    at,
    reason,
    ...looks,
  };
  rows.set(written, fresh);
  return fresh;
}

function isAsBefore(before: Entry, now: Changing): boolean {
  return (
    before.state === now.state &&
    (before.author === null ? null : before.author.name) === now.name &&
    before.startsDay === now.startsDay &&
    before.startsGroup === now.startsGroup &&
    before.endsGroup === now.endsGroup
  );
}

function stateOf(written: Message | Draft, me: string, room: Room | undefined): Status | null {
  if (!("seq" in written)) return written.state;
  return written.sender === me ? (room?.progress(written.seq) ?? null) : null;
}

function continues(a: Written, b: Written): boolean {
  return a.sender === b.sender && b.at - a.at < GROUP_WITHIN_MS && a.day === b.day;
}

/**
 * The first message of somebody else above the read mark: the "New messages" line stands above it.
 * Undefined as long as it may lie below what is loaded.
 */
export function firstNewOf(
  entries: readonly Entry[],
  readSeq: number,
  hasOlder: boolean,
): Entry | undefined {
  const isWhole = !hasOlder || (entries[0]?.seq ?? Infinity) <= readSeq + 1;
  if (!isWhole) return undefined;
  return entries.find((one) => !one.mine && one.seq !== null && one.seq > readSeq);
}
