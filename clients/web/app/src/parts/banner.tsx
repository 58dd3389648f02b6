/** The state of the connection, in words, as long as it is not simply fine. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { announce } from "../state/announcer";
import { bannerOf } from "../state/banner";
import type { BannerWords } from "../state/banner";
import { connection, tryNow } from "../state/chat";
import { t } from "../state/language";

/** A connection that opens at once is not worth a flash of colour. */
const QUIET_MS = 2_000;

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

  const kind = words?.kind ?? null;
  const wasWrong = useRef(false);
  useEffect(() => {
    if (kind !== null) announce(aloud(kind));
    else if (wasWrong.current && state.name === "online") announce(t("connection.back"));
    wasWrong.current = kind !== null;
  }, [kind]);

  return (
    <div class="banner-place">
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

/** What it comes to, once: not every try, nor the seconds between. */
function aloud(kind: BannerWords["kind"]): string {
  if (kind === "connecting" || kind === "reconnecting") return t("connection.reconnecting");
  const title = t(`connection.${kind}`);
  return kind === "offline" ? `${title}. ${t("connection.kept")}` : title;
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
