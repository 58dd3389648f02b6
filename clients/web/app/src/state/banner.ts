/** What to say of the connection: nothing as long as it is simply fine. */
import type { ConnectionState, Trouble } from "@parley/sdk";

export interface BannerWords {
  kind: "connecting" | "reconnecting" | "timeout" | "unavailable" | "limited" | "offline";
  /** What is wrong, in two words; empty where the rest says it all. */
  title: string;
  /** What is being done about it; before a count of seconds where there is one. */
  rest: string;
  /** Milliseconds since 1970 of the next try; null while it is under way. */
  until: number | null;
  /** What the button says that tries at once; null where there is none. */
  action: string | null;
}

const TITLES: Readonly<Record<Trouble, string>> = {
  lost: "",
  timeout: "Connection timeout",
  unavailable: "Server unavailable",
  limited: "Too many requests",
};
const KINDS = {
  lost: "reconnecting",
  timeout: "timeout",
  unavailable: "unavailable",
  limited: "limited",
} as const;

/** The tries after which one is offline. */
const TRIES = 5;

const KEPT = "What you write is kept and sent when you are back.";
const TRIED = "What you write is kept, and sent as soon as it can be.";

/** @param isSlow the connection has been opening for longer than one wants to know. */
export function bannerOf(state: ConnectionState, isSlow: boolean): BannerWords | null {
  if (state.name === "connecting") {
    const { trouble } = state;
    if (trouble === null && !isSlow) return null;
    if (trouble === null || trouble === "lost") {
      const rest = trouble === null ? "Connecting…" : "Reconnecting…";
      return { kind: "connecting", title: "", rest, until: null, action: null };
    }
    const kind = KINDS[trouble];
    return { kind, title: TITLES[trouble], rest: "Trying again…", until: null, action: null };
  }
  if (state.name !== "waiting") return null;
  const { trouble, attempt, retryAt, offline, cutOff } = state;
  if (cutOff)
    return { kind: "offline", title: "Offline", rest: KEPT, until: null, action: "Try now" };
  const action = trouble === "timeout" ? "Retry" : "Try now";
  if (offline) {
    const title = TITLES[trouble] || "Offline";
    return { kind: "offline", title, rest: `${TRIED} Next try in`, until: retryAt, action };
  }
  const tries = trouble === "unavailable" ? ` (try ${attempt} of ${TRIES})` : "";
  const rest = trouble === "lost" ? "Reconnecting in" : `Trying again${tries} in`;
  return {
    kind: KINDS[trouble],
    title: TITLES[trouble],
    rest,
    until: retryAt,
    action: trouble === "limited" ? null : action,
  };
}
