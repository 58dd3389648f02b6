/** The state of the connection, in words, as long as it is not simply fine. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { connection, tryNow } from "../state/chat";

/** A connection that opens at once is not worth a flash of colour. */
const QUIET_MS = 700;

export function Banner() {
  const isLate = useSignal(false);
  const now = useSignal(Date.now());
  const state = connection.value;

  useSignalEffect(() => {
    isLate.value = false;
    if (connection.value.name !== "connecting") return;
    const timer = setTimeout(() => (isLate.value = true), QUIET_MS);
    return () => {
      clearTimeout(timer);
    };
  });
  useEffect(() => {
    if (state.name !== "waiting") return;
    now.value = Date.now();
    const timer = setInterval(() => (now.value = Date.now()), 500);
    return () => {
      clearInterval(timer);
    };
  }, [state]);

  return (
    <div class="banner-place" role="status">
      {state.name === "connecting" && (isLate.value || state.attempt > 0) && (
        <p class="banner" data-testid="connection-banner" data-state="connecting">
          <span class="spinner" />
          Connecting…
        </p>
      )}
      {state.name === "waiting" && (
        <p
          class="banner"
          data-testid="connection-banner"
          data-state={state.offline ? "offline" : "reconnecting"}
        >
          {state.offline ? (
            <span>
              <strong>Offline.</strong> What you write is kept and sent when you are back.
            </span>
          ) : (
            <span>
              Reconnecting in <Seconds until={state.retryAt} now={now.value} />
            </span>
          )}
          <button type="button" class="link" onClick={tryNow}>
            Try now
          </button>
        </p>
      )}
    </div>
  );
}

/** Counted silently: a screen reader would otherwise say every number. */
function Seconds({ until, now }: { until: number; now: number }) {
  return (
    <span class="count" aria-hidden="true">
      {Math.max(1, Math.ceil((until - now) / 1000))} s
    </span>
  );
}
