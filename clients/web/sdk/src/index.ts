/**
 * The Parley SDK: everything a page needs to chat, no framework, and nothing of the browser itself.
 *
 * Start at `ChatClient`; `@parley/sdk/browser` has the environment to give it.
 */
export * from "./client";
export type { Company } from "./company";
export * from "./connection";
export { Drafts } from "./drafts";
export type { DraftNews } from "./drafts";
export * from "./environment";
export type { ClientEvents } from "./events";
export { STATUSES } from "./generated/statuses";
export * from "./http";
export * from "./outbox";
export { ApiError } from "./problem";
export { People } from "./people";
export type * from "./protocol";
export { meaningOfClose, reconnectDelayMs } from "./reconnection";
export { Room } from "./room";
export type { Progress } from "./room";
export { RoomLog } from "./room-log";
export * from "./roads";
export { KEEP_AFTER_MS } from "./keeping";
export { DRAINED_WITHIN_MS } from "./repair";
export { TabCoordinator } from "./tabs";
