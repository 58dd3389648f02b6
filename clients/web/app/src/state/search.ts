/** What a search shows: conversations by any part of their name, people by how a name begins. */
import type { User } from "@parley/sdk";

import type { Summary } from "./summaries";
import { t } from "./language";

/** All of them where nothing is sought. */
export function roomsNamed(sought: string, all: readonly Summary[]): readonly Summary[] {
  const wanted = sought.toLocaleLowerCase();
  return wanted ? all.filter((room) => room.name.toLocaleLowerCase().includes(wanted)) : all;
}

/** The people who are not already there as the other side of a conversation that is shown. */
export function peopleBesides(shown: readonly Summary[], found: readonly User[]): User[] {
  const peers = new Set(shown.map((room) => room.peer));
  return found.filter((user) => !peers.has(user.id));
}

/** What to say when nobody was found. The server leaves out the one who asks. */
export function wordsForNobody(sought: string, me: User): string {
  const wanted = sought.toLocaleLowerCase();
  const isMe = [me.username, me.display_name].some((name) =>
    name.toLocaleLowerCase().startsWith(wanted),
  );
  return t(isMe ? "list.nobody_else" : "list.nobody", { name: sought });
}
