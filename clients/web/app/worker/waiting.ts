/**
 * What waits for somebody in a room, asked of chat by the worker, as the person who is signed in here.
 *
 * Null where nobody answers, or nobody is signed in any more: then it is said that there is something.
 */
import type { Waiting } from "../shared/notice-words";

const CHAT = "/api/chat";

interface Person {
  display_name: string;
  username: string;
}

interface Room {
  name: string;
  kind: string;
  last_seq: number;
  read_seq: number;
}

export async function waitingIn(room: string): Promise<Waiting | null> {
  try {
    const { name, kind, last_seq, read_seq } = await ask<Room>(`/rooms/${room}`);
    const page = await ask<{ messages: { sender: string; content: string }[] }>(
      `/rooms/${room}/messages?before=${last_seq + 1}&limit=1`,
    );
    const [newest] = page.messages;
    if (newest === undefined) return null;
    const { users } = await ask<{ users: Person[] }>(`/users?ids=${newest.sender}`);
    const [person] = users;
    return {
      room: name,
      isGroup: kind === "group",
      author: person === undefined ? "" : person.display_name || person.username,
      content: newest.content,
      unread: last_seq - read_seq,
    };
  } catch {
    return null;
  }
}

/** The access token may have ended since a page was open: it is renewed once. */
async function ask<T>(path: string): Promise<T> {
  let response = await fetch(CHAT + path);
  if (response.status === 401) {
    await fetch(`${CHAT}/auth/session`);
    response = await fetch(CHAT + path);
  }
  if (!response.ok) throw new Error(`${path} answered ${response.status}.`);
  return (await response.json()) as T;
}
