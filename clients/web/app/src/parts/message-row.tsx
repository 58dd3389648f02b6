/** The rows of a conversation. */
import { signal } from "@preact/signals";

import { dayLabelOf, fullDateOf, hueOf, timeOf } from "../format";
import { discard, openRoom, retry, seek } from "../state/chat";
import { nameOf } from "../state/client";
import { openPanel } from "../state/panel";
import type { Author, Entry } from "../state/timeline";
import { today } from "../state/today";
import { keepUnfinished } from "../state/unfinished";
import { Content } from "./content";
import { InfoIcon, ReplyIcon } from "./icons";
import { Quote } from "./quote";
import { SendMark } from "./send-mark";
import { t, translated } from "../state/language";

/** The row that was tapped: a touch screen has no pointer that rests on one. */
const tapped = signal("");

export function MessageRow({ entry, inGroup }: { entry: Entry; inGroup: boolean }) {
  const { key, mine, sender, state, author, startsGroup, endsGroup, replyTo } = entry;
  const room = openRoom.value;
  const classes = ["message", mine ? "mine" : "theirs"];
  if (startsGroup) classes.push("starts");
  if (endsGroup) classes.push("ends");
  if (tapped.value === key) classes.push("is-tapped");
  const hasFailed = state === "failed";
  if (hasFailed) classes.push("has-failed");
  return (
    <article
      class={classes.join(" ")}
      aria-label={mine ? t("message.mine") : t("message.theirs", { name: nameOf(sender) ?? "…" })}
      data-testid="message"
      data-mine={mine}
      data-state={state ?? "received"}
      data-seq={entry.seq ?? undefined}
    >
      {author !== null && <Sender author={author} />}
      <div class="bubble-line">
        <div
          class="bubble"
          onClick={() => {
            tapped.value = tapped.value === key ? "" : key;
          }}
        >
          {replyTo !== null && room !== null && (
            <Quote room={room} seq={replyTo} onOpen={() => void seek(replyTo)} />
          )}
          <p class="content" dir="auto">
            <Content text={entry.content} />
            <span class="meta" title={fullDateOf(entry.at)}>
              <time dateTime={new Date(entry.at).toISOString()} dir="auto">
                {timeOf(entry.at)}
              </time>
              {state !== null && <SendMark status={state} inGroup={inGroup} />}
            </span>
          </p>
        </div>
        {entry.seq !== null && room !== null && <Tools room={room} seq={entry.seq} mine={mine} />}
      </div>
      {hasFailed && <Failure entry={entry} />}
    </article>
  );
}

/** What one can do with a message: beside it while it is pointed at, tapped or holds the focus. */
function Tools({ room, seq, mine }: { room: string; seq: number; mine: boolean }) {
  return (
    <div class="tools">
      <button
        type="button"
        class="icon-button small"
        aria-label={t("message.reply")}
        title={t("message.reply")}
        data-testid="reply"
        onClick={() => {
          tapped.value = "";
          keepUnfinished(room, { replyTo: seq });
        }}
      >
        <ReplyIcon />
      </button>
      {mine && (
        <button
          type="button"
          class="icon-button small"
          aria-label={t("message.info")}
          title={t("message.info")}
          data-testid="message-info"
          onClick={() => {
            tapped.value = "";
            openPanel({ name: "message", seq });
          }}
        >
          <InfoIcon />
        </button>
      )}
    </div>
  );
}

/** In the colour of the person's avatar. A name that is on its way keeps its place free. */
function Sender({ author }: { author: Author }) {
  return (
    <p class={`sender hue-${hueOf(author.id)}`} dir="auto" data-testid="sender">
      {author.name ?? <span class="sender-soon" />}
    </p>
  );
}

function Failure({ entry }: { entry: Entry }) {
  return (
    <p class="failure" role="alert">
      {entry.reason ? translated(entry.reason) : t("message.not_sent")}{" "}
      <button
        type="button"
        class="link"
        onClick={() => {
          retry(entry.clientId);
        }}
      >
        {t("message.retry")}
      </button>
      <button
        type="button"
        class="link"
        onClick={() => {
          discard(entry.clientId);
        }}
      >
        {t("message.delete")}
      </button>
    </p>
  );
}

export function DayLine({ at }: { at: number }) {
  return (
    <p class="day-line">
      <span>{dayLabelOf(at, today.value)}</span>
    </p>
  );
}

export function NewLine() {
  return (
    <p class="new-line" data-testid="new-messages">
      <span>{t("conversation.new")}</span>
    </p>
  );
}
