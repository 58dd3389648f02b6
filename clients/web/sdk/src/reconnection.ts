/**
 * When to come back, as values and functions: the waiting times, and what a close code asks for.
 *
 * The first wait is at most 2 s; after the fifth try the client is offline and asks once a minute.
 */

const BASES_S = [2, 4, 8, 16, 32];

/** The wait between tries in offline mode. */
export const OFFLINE_RETRY_MS = 60_000;

/** What is waited after 4029 when the server named no time. */
export const RATE_LIMITED_MS = 30_000;

/** Whether the ladder is used up before try number `attempt` (from 1). */
export function isOffline(attempt: number): boolean {
  return attempt > BASES_S.length;
}

/**
 * Milliseconds to wait before reconnection number `attempt` (from 1): the base of the ladder times
 * a random half to one, so that a thousand clients do not come back together.
 */
export function reconnectDelayMs(attempt: number, random: () => number): number {
  const base = BASES_S[attempt - 1];
  return base === undefined ? OFFLINE_RETRY_MS : base * 1000 * (0.5 + random() / 2);
}

/**
 * `renew`: ask for the session once, then try again. `announced`: come back after the delay of the
 * `reconnect` frame. `wait`: longer than usual. `fault`: a bug of this client, to be reported.
 * `lost`: the network; `pushed`: the server wants less of us, so a short-lived welcome does not
 * start the ladder anew.
 */
export type CloseMeaning = "renew" | "announced" | "wait" | "fault" | "lost" | "pushed";

const MEANINGS: Readonly<Record<number, CloseMeaning>> = {
  1001: "announced",
  1003: "fault",
  1007: "fault",
  1009: "fault",
  1012: "announced",
  4001: "renew",
  4008: "pushed",
  4029: "wait",
  4503: "pushed",
};

/** Read a close code by the table of the protocol; an unknown one is a lost connection. */
export function meaningOfClose(code: number): CloseMeaning {
  return MEANINGS[code] ?? "lost";
}
