/** How far one message of one's own has come, with each of the others, and when. */
import type { Receipt } from "@parley/sdk";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { momentOf } from "../format";
import { timeline } from "../state/chat";
import { nameOf } from "../state/client";
import { api, wordsOf } from "../state/server";
import { whoIsMe } from "../state/session";
import type { Summary } from "../state/summaries";
import { today } from "../state/today";
import { Avatar } from "./avatar";
import { Content } from "./content";
import { t } from "../state/language";

/** News of receipts is asked for at most so often. */
const PAUSE_MS = 1_000;

export function MessageInfo({ room, seq }: { room: Summary; seq: number }) {
  const receipts = useSignal<readonly Receipt[] | null>(null);
  const error = useSignal("");
  const again = useSignal(0);
  const entry = timeline.value.find((one) => one.seq === seq);

  useEffect(() => {
    let isCurrent = true;
    const ask = (): void => {
      api.receiptsOf(room.id, seq).then(
        (all) => {
          if (!isCurrent) return;
          receipts.value = all.filter(({ user }) => user !== whoIsMe());
          error.value = "";
        },
        (problem: unknown) => {
          if (isCurrent) error.value = wordsOf(problem);
        },
      );
    };
    const timer = setTimeout(ask, receipts.value === null ? 0 : PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [room.id, room.advances, seq, again.value]);

  const all = receipts.value;
  const read = all?.filter((one) => one.read) ?? [];
  const delivered = all?.filter((one) => one.delivered && !one.read) ?? [];
  const waiting = all?.filter((one) => !one.delivered) ?? [];
  return (
    <>
      {entry && (
        <div class="info-message">
          <p class="content" dir="auto">
            <Content text={entry.content} />
          </p>
        </div>
      )}
      {error.value && (
        <p class="note is-error" role="alert">
          {error.value}{" "}
          <button type="button" class="link" onClick={() => (again.value += 1)}>
            {t("app.try_again")}
          </button>
        </p>
      )}
      {all === null && !error.value && <Waiting />}
      <People of="read" receipts={read} timeOf={(one) => one.read_at} />
      <People of="delivered" receipts={delivered} timeOf={(one) => one.delivered_at} />
      <People of="sent" receipts={waiting} timeOf={() => null} />
      {all?.length === 0 && <p class="nobody">{t("info.nobody")}</p>}
    </>
  );
}

interface PeopleProps {
  of: "read" | "delivered" | "sent";
  receipts: readonly Receipt[];
  timeOf: (receipt: Receipt) => string | null;
}

function People({ of, receipts, timeOf }: PeopleProps) {
  if (receipts.length === 0) return null;
  const title = t(`info.${of}`);
  return (
    <section aria-label={title} data-testid={`info-${of}`}>
      <h3 class="section">{title}</h3>
      <ul>
        {receipts.map((one) => {
          const at = timeOf(one);
          const name = nameOf(one.user) ?? "…";
          return (
            <li key={one.user} class="person">
              <Avatar id={one.user} name={name} size="s" />
              <span class="ellipsis">
                <bdi>{name}</bdi>
              </span>
              {at !== null && (
                <time class="person-time" dateTime={at}>
                  {momentOf(Date.parse(at), today.value)}
                </time>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** The place of what is on its way. */
export function Waiting() {
  return (
    <div class="skeleton small" aria-hidden="true">
      {[0, 1, 2].map((row) => (
        <div key={row}>
          <i />
          <b />
        </div>
      ))}
    </div>
  );
}
