/** What the list shows of a room. */
import type { Draft, Role, Room, Status } from "@parley/sdk";

import type { NameOf } from "./timeline";
import { t } from "./language";

export interface Summary {
  id: string;
  name: string;
  kind: "direct" | "group";
  memberCount: number;
  /** Grows with every change of its name and members. */
  version: number;
  /** One's own in a group. */
  role: Role | null;
  /** Whether members read what was written before they joined. */
  hasOpenHistory: boolean;
  /** Grows whenever somebody has come further. */
  advances: number;
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
  const { id, name, kind, members, member_count, version, role, open_history } = room.state;
  const draft = drafts.at(-1);
  const newest = room.newest;
  const mine = newest?.sender === me;
  const isNamed = kind === "group" && draft === undefined && newest !== undefined && !mine;
  return {
    id,
    name: name || t("list.unnamed"),
    kind,
    memberCount: member_count,
    version,
    role: role ?? null,
    hasOpenHistory: open_history ?? false,
    advances: room.advances,
    peer: members?.find((user) => user !== me) ?? null,
    author: isNamed ? (nameOf(newest.sender) ?? "…") : null,
    preview: draft?.content ?? newest?.content ?? wordsForNone(room),
    at: draft?.created_at ?? (newest ? Date.parse(newest.created_at) : null),
    sent: draft ? draft.state : newest && mine ? room.progress(newest.seq) : null,
    unread: room.unread,
  };
}

function wordsForNone(room: Room): string {
  if (room.head === 0) return t("list.no_messages");
  return room.isMissingSomething ? "…" : t("list.nothing_new");
}
