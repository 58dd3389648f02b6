/**
 * The Parley SDK: everything a page needs to chat, no framework, and nothing of the browser itself.
 *
 * Start at `ChatClient`; `@parley/sdk/browser` has the environment to give it. What is not exported here
 * may change from one version to the next.
 */
export { ChatClient } from "./client";
export type { Company } from "./company";
export type { Connection, ConnectionState, Trouble } from "./connection";
export type * from "./environment";
export type { ClientEvents } from "./events";
export { STATUSES } from "./generated/statuses";
export * from "./http";
export type { People } from "./people";
export { ApiError } from "./problem";
export type * from "./protocol";
export { Room } from "./room";
export type { Progress } from "./room";
