/**
 * What one does with groups. The server says who may: the buttons only spare people a refusal.
 *
 * Each call raises `ApiError`, with `fields` for what was wrong with a form. That a room changed is
 * told to all its members, this page included, by a `room` frame.
 */
import type { Member, Role } from "@parley/sdk";

import { client } from "./client";
import { api } from "./server";

/** The id of the new group; its members beside oneself are given by their ids. */
export async function openGroup(name: string, members: readonly string[]): Promise<string | null> {
  return (await client()?.openGroup(name, members))?.id ?? null;
}

export async function renameGroup(room: string, name: string): Promise<void> {
  client()?.meet(await api.renameGroup(room, name));
}

/** Whether whoever joins later reads what was written before. */
export async function openHistory(room: string, isOpen: boolean): Promise<void> {
  client()?.meet(await api.openHistory(room, isOpen));
}

export async function addMembers(room: string, users: readonly string[]): Promise<void> {
  client()?.meet(await api.addMembers(room, users));
}

export const membersOf = (room: string): Promise<Member[]> => api.members(room);

export const setRole = (room: string, user: string, role: Role): Promise<void> =>
  api.setRole(room, user, role);

export const removeMember = (room: string, user: string): Promise<void> =>
  api.removeMember(room, user);

/** What the owner and admins may do, and what only the owner. */
export function mayEdit(role: Role | null): boolean {
  return role === "owner" || role === "admin";
}

export function mayRemove(mine: Role | null, theirs: Role): boolean {
  return mine === "owner" || (mine === "admin" && theirs === "member");
}

const RANKS: readonly Role[] = ["owner", "admin", "member"];

/** Oneself first, then who has more to say, then by name. */
export function inOrder(
  members: readonly Member[],
  me: string,
  nameOf: (user: string) => string | undefined,
): Member[] {
  const rankOf = ({ user, role }: Member): number => (user === me ? -1 : RANKS.indexOf(role));
  return [...members].sort(
    (a, b) => rankOf(a) - rankOf(b) || (nameOf(a.user) ?? "").localeCompare(nameOf(b.user) ?? ""),
  );
}
