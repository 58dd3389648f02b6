/** The rows of a conversation. */
import { dayLabelOf, fullDateOf, hueOf, splitLinks, timeOf } from "../format";
import { discard, retry } from "../state/chat";
import type { Author, Entry } from "../state/timeline";
import { today } from "../state/today";
import { SendMark } from "./send-mark";

export function MessageRow({ entry, inGroup }: { entry: Entry; inGroup: boolean }) {
  const { mine, state, author, startsGroup, endsGroup } = entry;
  const classes = ["message", mine ? "mine" : "theirs"];
  if (startsGroup) classes.push("starts");
  if (endsGroup) classes.push("ends");
  const hasFailed = state === "failed";
  if (hasFailed) classes.push("has-failed");
  return (
    <article
      class={classes.join(" ")}
      data-testid="message"
      data-mine={mine}
      data-state={state ?? "received"}
      data-seq={entry.seq ?? undefined}
    >
      {author !== null && <Sender author={author} />}
      <div class="bubble">
        <p class="content" dir="auto">
          <Content text={entry.content} />
          <span class="meta" title={fullDateOf(entry.at)}>
            <time dateTime={new Date(entry.at).toISOString()}>{timeOf(entry.at)}</time>
            {state !== null && <SendMark status={state} inGroup={inGroup} />}
          </span>
        </p>
      </div>
      {hasFailed && <Failure entry={entry} />}
    </article>
  );
}

/** In the colour of the person's avatar. A name that is on its way keeps its place free. */
function Sender({ author }: { author: Author }) {
  return (
    <p class={`sender hue-${hueOf(author.id)}`} data-testid="sender">
      {author.name ?? <span class="sender-soon" />}
    </p>
  );
}

function Failure({ entry }: { entry: Entry }) {
  return (
    <p class="failure" role="alert">
      {entry.reason || "Not sent."}{" "}
      <button
        type="button"
        class="link"
        onClick={() => {
          retry(entry.clientId);
        }}
      >
        Retry
      </button>
      <button
        type="button"
        class="link"
        onClick={() => {
          discard(entry.clientId);
        }}
      >
        Delete
      </button>
    </p>
  );
}

function Content({ text }: { text: string }) {
  return (
    <>
      {splitLinks(text).map((piece, index) =>
        index % 2 === 0 ? (
          piece
        ) : (
          <a key={index} href={piece} target="_blank" rel="noopener noreferrer nofollow">
            {piece}
          </a>
        ),
      )}
    </>
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
      <span>New messages</span>
    </p>
  );
}
