/** What `ChatClient` says: that something changed, and of what. */
import type { ConnectionState } from "./connection";
import type { CustomPush, Message } from "./protocol";

/** What one can listen to by `ChatClient.on`. */
export interface ClientEvents {
  connection: ConnectionState;
  /** What is known of the rooms is what the server knew a moment ago: it has just told. */
  synced: null;
  /** The list of rooms, or what it shows of one. */
  rooms: null;
  /** The messages, drafts or watermarks of this room. */
  room: string;
  /** The newest message of a room came, and somebody else wrote it. */
  message: Message;
  /** The names of people. */
  people: null;
  /** Whether these people are there. */
  presence: readonly string[];
  /** Which of the others type in this room. */
  typing: string;
  /** Other code on the server has something for this person's pages. At most once, or never. */
  custom: CustomPush;
  /** The server did what it promises never to do: what that was. */
  broken: string;
  /** The server closed with this code because of a bug in this client. */
  fault: number;
}
