/**
 * The words of the wire, picked out of the frames by their tags, and how a text becomes a frame.
 *
 * The frames' own names belong to whoever wrote them down (see `generated/`); the rest of the SDK
 * knows a frame by its `type` alone.
 */
import type { ClientFrame, ServerFrame } from "./generated/frames";

export type { ClientFrame, ServerFrame };
export type { Status } from "./generated/statuses";

export type ClientFrameOf<T extends ClientFrame["type"]> = Extract<ClientFrame, { type: T }>;
export type ServerFrameOf<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>;

export type Welcome = ServerFrameOf<"welcome">;
export type User = Welcome["user"];
export type RoomState = Welcome["rooms"][number];
export type Watermark = RoomState["lowest"][number];
export type StatusFrame = ServerFrameOf<"status">;
export type PersonPresence = ServerFrameOf<"presence">["users"][number];
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
