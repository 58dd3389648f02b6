/** The message that another one answers, in two lines. It leads there. */
import { hueOf } from "../format";
import { nameOf } from "../state/client";
import { quotedIn } from "../state/quotes";
import { whoIsMe } from "../state/session";
import { t } from "../state/language";

export interface QuoteProps {
  room: string;
  seq: number;
  /** Null where it leads nowhere. */
  onOpen: (() => void) | null;
}

export function Quote({ room, seq, onOpen }: QuoteProps) {
  const message = quotedIn(room, seq);
  if (message === null) return <p class="quote is-gone">{t("message.cannot_read")}</p>;
  const name = message && (message.sender === whoIsMe() ? t("app.you") : nameOf(message.sender));
  const inside = (
    <>
      <bdi class="quote-author">{name ?? "…"}</bdi>
      <bdi class="quote-text">{message?.content ?? "…"}</bdi>
    </>
  );
  const hue = message === undefined ? "" : ` hue-${hueOf(message.sender)}`;
  if (onOpen === null)
    return (
      <p class={`quote${hue}`} data-testid="quote">
        {inside}
      </p>
    );
  return (
    <button
      type="button"
      class={`quote${hue}`}
      title={t("message.goto")}
      data-testid="quote"
      onClick={(event) => {
        // The bubble around it is tapped for its tools.
        event.stopPropagation();
        onOpen();
      }}
    >
      {inside}
    </button>
  );
}
