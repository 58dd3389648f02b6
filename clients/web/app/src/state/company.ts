/**
 * Who is there and who types, for whoever draws it.
 *
 * Apart from `chat.ts`, because it changes all the time and no message with it: what is drawn of
 * messages stays as it is.
 */
import type { ChatClient, PersonPresence } from "@parley/sdk";
import { signal } from "@preact/signals";

import { typingWords } from "../format";
import type { TypingWords } from "../format";
import { client, nameOf } from "./client";
import type { Summary } from "./summaries";
import { t } from "./language";

/** How to ask for them. It is a new one with every news: whoever reads it is drawn anew then. */
const presences = signal<{ of: (user: string) => PersonPresence } | null>(null);
const typists = signal<{ in: (room: string) => readonly string[] } | null>(null);

export function attachCompany(next: ChatClient): void {
  next.on("presence", () => {
    presences.value = { of: (user) => next.company.presenceOf(user) };
  });
  next.on("typing", () => {
    typists.value = { in: (room) => next.company.typistsIn(room) };
  });
}

export function detachCompany(): void {
  presences.value = typists.value = null;
}

/** Of the other person in a direct conversation; null in a group, and where nobody told yet. */
export function presenceIn({ peer }: Summary): PersonPresence | null {
  return peer === null ? null : presenceOf(peer);
}

/** Null where nobody told yet. */
export function presenceOf(user: string): PersonPresence | null {
  return presences.value?.of(user) ?? null;
}

/** Who types, in words; null where nobody does. */
export function typingIn({ id, kind, name }: Summary): TypingWords | null {
  const users = typists.value?.in(id) ?? [];
  return typingWords(
    users.map((user) => (kind === "direct" ? name : (nameOf(user) ?? t("app.somebody")))),
  );
}

/** The person wrote in this room. */
export function type(room: string): void {
  client()?.company.type(room);
}

/** The person took back what they wrote, or turned to something else. */
export function stopTyping(room: string): void {
  client()?.company.stopTyping(room);
}
