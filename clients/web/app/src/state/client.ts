/**
 * The one client that chats on this page, and what people are called by it.
 *
 * Whoever draws a name is drawn anew when more names are known.
 */
import type { ChatClient, User } from "@parley/sdk";
import { signal } from "@preact/signals";
import { t } from "./language";

let current: ChatClient | null = null;

/** Grows with every answer that names people. */
const namings = signal(0);

/** Null where nobody is signed in. */
export function client(): ChatClient | null {
  return current;
}

export function setClient(next: ChatClient | null): void {
  current = next;
  next?.on("people", () => {
    namings.value += 1;
  });
}

/** By what somebody signs in, which nobody else does; undefined as long as that is being asked for. */
export function usernameOf(user: string): string | undefined {
  return namings.value < 0 ? undefined : current?.people.usernameOf(user);
}

/** Draw somebody as they are now. */
export function learn(user: User): void {
  current?.people.learn([user]);
  namings.value += 1;
}

/** The version of somebody's picture; undefined where they have none, or it is being asked for. */
export function pictureOf(user: string): string | undefined {
  return namings.value < 0 ? undefined : current?.people.pictureOf(user);
}

/** What somebody is called; undefined as long as that is being asked for. */
export function nameOf(user: string): string | undefined {
  const name = namings.value < 0 ? null : current?.people.nameOf(user);
  return name === null ? t("app.somebody") : name;
}
