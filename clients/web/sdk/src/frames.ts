/**
 * The frames of the wire contract, version 1, written down by hand.
 *
 * `npm run generate` makes the same file out of the server's own structs; nothing but `protocol.ts`
 * imports either of them, and that by their tags only, so one can take the other's place.
 */

export interface SendMessage {
  type: "message";
  room: string;
  client_id: string;
  content: string;
  reply_to?: number | null;
  ref?: string | null;
}
export interface RetryMessage extends Omit<SendMessage, "type"> {
  type: "retry";
  attempt: number;
}
export interface Delivered {
  type: "delivered";
  room: string;
  seq: number;
  ref?: string | null;
}
export interface ReadReceipt {
  type: "read_receipt";
  room: string;
  seq: number;
  ref?: string | null;
}
export interface SetTyping {
  type: "typing";
  room: string;
  is_typing: boolean;
  ref?: string | null;
}
export interface SetActivity {
  type: "activity";
  state: "active" | "away";
  ref?: string | null;
}
export interface Sync {
  type: "sync";
  cursors: Record<string, number>;
  ref?: string | null;
}
export interface Ping {
  type: "ping";
  ref?: string | null;
}

export type ClientFrame =
  SendMessage | RetryMessage | Delivered | ReadReceipt | SetTyping | SetActivity | Sync | Ping;

export interface User {
  id: string;
  username: string;
  display_name: string;
}
export interface Watermark {
  user: string;
  delivered_seq: number;
  read_seq: number;
}
export interface RoomState {
  id: string;
  kind: "direct" | "group";
  name: string;
  version: number;
  members?: string[] | null;
  member_count: number;
  last_seq: number;
  delivered_seq: number;
  read_seq: number;
  lowest: Watermark[];
}
export interface Limits {
  frame_bytes: number;
  content_chars: number;
  messages_per_s: number;
  messages_burst: number;
}
export interface Welcome {
  type: "welcome";
  protocol: number;
  session: string;
  user: User;
  server_time: string;
  heartbeat_s: number;
  limits: Limits;
  rooms: RoomState[];
  more_rooms?: boolean;
}
export interface Ack {
  type: "ack";
  client_id: string;
  room: string;
  id: string;
  seq: number;
  created_at: string;
  status: "sent";
  duplicate: boolean;
  ref?: string | null;
}
export interface Message {
  type: "message";
  id: string;
  room: string;
  seq: number;
  sender: string;
  client_id: string;
  content: string;
  reply_to?: number | null;
  created_at: string;
}
export interface Status {
  type: "status";
  room: string;
  lowest: Watermark[];
  members?: (Watermark & { at: string })[];
}
export interface Failed {
  type: "failed";
  client_id: string;
  room: string;
  code: string;
  message: string;
}
export interface Typing {
  type: "typing";
  room: string;
  users: string[];
}
export interface Presence {
  type: "presence";
  users: {
    id: string;
    status: "online" | "away" | "offline" | "unknown";
    last_seen?: string | null;
  }[];
}
export interface Drained {
  type: "drained";
  count: number;
}
export interface SyncedRoom {
  room: string;
  from: number;
  to: number;
  has_more: boolean;
  truncated?: boolean;
}
export interface Synced {
  type: "synced";
  rooms: SyncedRoom[];
  ref?: string | null;
}
export interface RoomChanged extends RoomState {
  type: "room";
  removed?: boolean;
}
export interface Custom {
  type: "custom";
  name: string;
  data: unknown;
}
export interface Reconnect {
  type: "reconnect";
  after_ms: number;
}
export interface Pong {
  type: "pong";
  server_time: string;
  ref?: string | null;
}
export interface ErrorFrame {
  type: "error";
  code: string;
  message: string;
  ref?: string | null;
  client_id?: string | null;
  fields?: Record<string, string[]> | null;
  retry_after?: number | null;
}

export type ServerFrame =
  | Welcome
  | Ack
  | Message
  | Status
  | Failed
  | Typing
  | Presence
  | Drained
  | Synced
  | RoomChanged
  | Custom
  | Reconnect
  | Pong
  | ErrorFrame;
