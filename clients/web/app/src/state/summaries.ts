/** What the list shows of a room. */
import type { Draft, Room } from "@parley/sdk";

import { stateOfDraft } from "./timeline";
import type { SendState } from "./timeline";

export interface Summary {
  id: string;
  name: string;
  kind: "direct" | "group";
  memberCount: number;
  /** The other person of a direct room. */
  peer: string | null;
  preview: string;
  /** Milliseconds since 1970; null where there is no message yet. */
  at: number | null;
  /** How far the newest message has come, where it is one's own. */
  sent: SendState | null;
  unread: number;
}

export function summarize(room: Room, drafts: readonly Draft[], me: string): Summary {
  const { id, name, kind, members, member_count } = room.state;
  const draft = drafts.at(-1);
  const newest = room.log.newest;
  const mine = newest?.sender === me;
  return {
    id,
    name: name || "Conversation",
    kind,
    memberCount: member_count,
    peer: members?.find((user) => user !== me) ?? null,
    preview: draft?.content ?? newest?.content ?? "",
    at: draft?.created_at ?? (newest ? Date.parse(newest.created_at) : null),
    sent: draft ? stateOfDraft(draft) : newest && mine ? room.progress(newest.seq, me) : null,
    unread: room.unread(me),
  };
}
