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

/** When a message was written: milliseconds since 1970, and the midnight before that. */
interface Times {
  at: number;
  day: number;
}

/** Each is worked out once: a long conversation is gone through with every message that comes. */
const times = new WeakMap<Message, Times>();

function timesOf(message: Message): Times {
  const known = times.get(message);
  if (known !== undefined) return known;
  const at = Date.parse(message.created_at);
  const fresh = { at, day: midnightOf(at) };
  times.set(message, fresh);
  return fresh;
}

/** Without a room (one is not in it any more) what was never sent is all there is. */
export function timelineOf(
  room: Room | undefined,
  drafts: readonly Draft[],
  me: string,
  nameOf: NameOf,
): Entry[] {
  const isGroup = room?.state.kind === "group";
  const sent = (room?.shown ?? []).map((message) => ({
    ...timesOf(message),
    key: `${message.sender}/${message.client_id}`,
    clientId: message.client_id,
    seq: message.seq,
    mine: message.sender === me,
    sender: message.sender,
    replyTo: message.reply_to,
    content: message.content,
    state: message.sender === me ? (room?.progress(message.seq) ?? null) : null,
    reason: "",
  }));
  const waiting = drafts.map((draft) => ({
    at: draft.created_at,
    day: midnightOf(draft.created_at),
    key: `${draft.sender}/${draft.client_id}`,
    clientId: draft.client_id,
    seq: null,
    mine: true,
    sender: me,
    replyTo: draft.reply_to,
    content: draft.content,
    state: draft.state,
    reason: draft.reason ?? "",
  }));
  const all = [...sent, ...waiting];
  return all.map((one, index) => {
    const before = all[index - 1];
    const after = all[index + 1];
    const { day, ...shown } = one;
    const startsGroup = before === undefined || !continues(before, one);
    const isNamed = isGroup && startsGroup && !one.mine;
    return {
      ...shown,
      author: isNamed ? { id: one.sender, name: nameOf(one.sender) } : null,
      startsDay: before?.day !== day,
      startsGroup,
      endsGroup: after === undefined || !continues(one, after),
    };
  });
}

interface Written extends Times {
  sender: string;
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
