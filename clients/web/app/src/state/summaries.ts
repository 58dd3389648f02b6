/** What the list shows of a room. */
import type { Draft, Room, Status } from "@parley/sdk";

import type { NameOf } from "./timeline";

export interface Summary {
  id: string;
  name: string;
  kind: "direct" | "group";
  memberCount: number;
  /** The other person of a direct room. */
  peer: string | null;
  /** Who wrote what the preview shows, where it is somebody else in a group. */
  author: string | null;
  /** The newest message, or why there is none to show. */
  preview: string;
  /** Milliseconds since 1970; null where there is no message yet. */
  at: number | null;
  /** How far the newest message has come, where it is one's own. */
  sent: Status | null;
  unread: number;
}

export function summarize(
  room: Room,
  drafts: readonly Draft[],
  me: string,
  nameOf: NameOf,
): Summary {
  const { id, name, kind, members, member_count } = room.state;
  const draft = drafts.at(-1);
  const newest = room.newest;
  const mine = newest?.sender === me;
  const isNamed = kind === "group" && draft === undefined && newest !== undefined && !mine;
  return {
    id,
    name: name || "Conversation",
    kind,
    memberCount: member_count,
    peer: members?.find((user) => user !== me) ?? null,
    author: isNamed ? (nameOf(newest.sender) ?? "…") : null,
    preview: draft?.content ?? newest?.content ?? wordsForNone(room),
    at: draft?.created_at ?? (newest ? Date.parse(newest.created_at) : null),
    sent: draft ? draft.state : newest && mine ? room.progress(newest.seq) : null,
    unread: room.unread,
  };
}

function wordsForNone(room: Room): string {
  if (room.head === 0) return "No messages yet";
  return room.isMissingSomething ? "…" : "Nothing new since you joined";
}
