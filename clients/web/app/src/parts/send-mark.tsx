import { needsPerson } from "../state/timeline";
import type { SendState } from "../state/timeline";
import { ClockIcon, DeliveredIcon, SentIcon, WarningIcon } from "./icons";

const WORDS: Readonly<Record<SendState, string>> = {
  pending: "Sending",
  waiting: "Waiting: goes by itself once the server answers",
  refused: "Not sent",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
};

/** How far a message of one's own has come: a clock, one tick, two ticks, or a warning. */
export function SendMark({ state }: { state: SendState }) {
  return (
    <span class={`ticks is-${state}`} role="img" aria-label={WORDS[state]} title={WORDS[state]}>
      {(state === "pending" || state === "waiting") && <ClockIcon />}
      {needsPerson(state) && <WarningIcon />}
      {state === "sent" && <SentIcon />}
      {(state === "delivered" || state === "read") && <DeliveredIcon />}
    </span>
  );
}
