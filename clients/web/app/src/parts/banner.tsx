/** The state of the connection, in words, as long as it is not simply fine. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { bannerOf } from "../state/banner";
import { connection, tryNow } from "../state/chat";
import { t } from "../state/language";

/** A connection that opens at once is not worth a flash of colour. */
const QUIET_MS = 700;

export function Banner() {
  const isSlow = useSignal(false);
  const now = useSignal(Date.now());
  const state = connection.value;
  const words = bannerOf(state, isSlow.value);

  useSignalEffect(() => {
    isSlow.value = false;
    if (connection.value.name !== "connecting") return;
    const timer = setTimeout(() => (isSlow.value = true), QUIET_MS);
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
      {words && (
        <p class="banner" data-testid="connection-banner" data-state={words.kind}>
          {words.until === null && words.action === null && <span class="spinner" />}
          <span>
            {words.title && (
              <>
                <strong>{words.title}</strong>{" "}
              </>
            )}
            {words.rest}
            {words.until !== null && <Seconds until={words.until} now={now.value} />}
          </span>
          {words.action && (
            <button type="button" class="link" onClick={tryNow}>
              {words.action}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** Counted silently: a screen reader would otherwise say every number. */
function Seconds({ until, now }: { until: number; now: number }) {
  return (
    <span class="count" aria-hidden="true">
      {" "}
      {t("connection.seconds", { count: Math.max(1, Math.ceil((until - now) / 1000)) })}
    </span>
  );
}
