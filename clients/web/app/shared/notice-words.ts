/** What a notification says, whoever shows it. */
import type { Wishes } from "./wishes";
import { say } from "./words/words";

/** Of a text that is only announced, in UTF-16 units. */
const PREVIEW_CHARS = 120;

export interface Waiting {
  room: string;
  isGroup: boolean;
  /** Who wrote the newest message, and what. */
  author: string;
  content: string;
  unread: number;
}

/** The title and the text; null: nobody and nothing is named. */
export function wordsFor(language: Wishes["language"], waiting: Waiting | null): [string, string] {
  if (waiting === null) return [say(language, "app.title"), say(language, "notice.private")];
  const { room, isGroup, author, content, unread } = waiting;
  const preview = content.slice(0, PREVIEW_CHARS);
  const lines = [
    isGroup ? say(language, "notice.from", { name: author, content: preview }) : preview,
  ];
  if (unread > 1) lines.push(say(language, "notice.new", { count: unread }));
  return [room, lines.join("\n")];
}
