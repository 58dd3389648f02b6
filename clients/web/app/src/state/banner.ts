/** What to say of the connection: nothing as long as it is simply fine. */
import type { ConnectionState, Trouble } from "@parley/sdk";
import { t } from "./language";

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

const titleOf = (trouble: Trouble): string =>
  trouble === "lost" ? "" : t(`connection.${trouble}`);
const KINDS = {
  lost: "reconnecting",
  timeout: "timeout",
  unavailable: "unavailable",
  limited: "limited",
} as const;

/** The tries after which one is offline. */
const TRIES = 5;

/** @param isSlow the connection has been opening for longer than one wants to know. */
export function bannerOf(state: ConnectionState, isSlow: boolean): BannerWords | null {
  if (state.name === "connecting") {
    const { trouble } = state;
    if (trouble === null && !isSlow) return null;
    if (trouble === null || trouble === "lost") {
      const rest = t(trouble === null ? "connection.connecting" : "connection.reconnecting");
      return { kind: "connecting", title: "", rest, until: null, action: null };
    }
    const kind = KINDS[trouble];
    return {
      kind,
      title: titleOf(trouble),
      rest: t("connection.trying"),
      until: null,
      action: null,
    };
  }
  if (state.name !== "waiting") return null;
  const { trouble, attempt, retryAt, offline, cutOff } = state;
  if (cutOff)
    return {
      kind: "offline",
      title: t("connection.offline"),
      rest: t("connection.kept"),
      until: null,
      action: t("connection.try_now"),
    };
  const action = t(trouble === "timeout" ? "connection.retry" : "connection.try_now");
  if (offline) {
    const title = titleOf(trouble) || t("connection.offline");
    return { kind: "offline", title, rest: t("connection.kept_next"), until: retryAt, action };
  }
  return {
    kind: KINDS[trouble],
    title: titleOf(trouble),
    rest: retryWords(trouble, attempt),
    until: retryAt,
    action: trouble === "limited" ? null : action,
  };
}

/** Before the seconds that are left. */
function retryWords(trouble: Trouble, attempt: number): string {
  if (trouble === "lost") return t("connection.reconnecting_in");
  if (trouble !== "unavailable") return t("connection.trying_in");
  return t("connection.trying_in_of", { attempt, tries: TRIES });
}
