/**
 * The words of the wire, picked out of the frames by their tags, and how a text becomes a frame.
 *
 * The frames' own names belong to whoever wrote them down (see `generated/`); the rest of the SDK
 * knows a frame by its `type` alone.
 */
import type { ClientFrame, ServerFrame } from "./generated/frames";

export type { ClientFrame, ServerFrame };
export type { Status } from "./generated/statuses";

/** The server's frame of one type. */
export type ServerFrameOf<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>;

/** The first frame of a connection. */
export type Welcome = ServerFrameOf<"welcome">;
/** Somebody, as others see them. */
export type User = Welcome["user"];
/** A room, as the server tells of it. */
export type RoomState = Welcome["rooms"][number];
/** How far somebody has come in a room. */
export type Watermark = RoomState["lowest"][number];
/** Somebody has come further. */
export type StatusFrame = ServerFrameOf<"status">;
/** Whether somebody is there; `unknown` of people with whom one shares no room. */
export type PersonPresence = ServerFrameOf<"presence">["users"][number];
/** What an answer to `sync` brought of one room. */
export type SyncedRoom = ServerFrameOf<"synced">["rooms"][number];

/** What other code on the server pushed; `name` is `<namespace>.<name>`, `data` any JSON value. */
export type CustomPush = Omit<ServerFrameOf<"custom">, "type">;

/** A message as it is shown and kept: the members of the `message` frame, without the tag. */
export type Message = Omit<ServerFrameOf<"message">, "type">;

/** Rooms that one `sync` may ask for. */
export const SYNC_ROOMS = 200;

/**
 * Parse one text from the server. Null for anything that is not an object with a `type`: an unknown
 * frame must never end a connection.
 */
export function parseFrame(text: string): ServerFrame | null {
  try {
    const value: unknown = JSON.parse(text);
    const isFrame =
      typeof value === "object" &&
      value !== null &&
      "type" in value &&
      typeof value.type === "string";
    return isFrame ? (value as ServerFrame) : null;
  } catch {
    return null;
  }
}
