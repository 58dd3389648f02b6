/** Where one writes. Enter sends, Shift+Enter is a new line; on a touch screen Enter is one too. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { lengthWords } from "../format";
import { contentChars, send } from "../state/chat";
import { stopTyping, type } from "../state/company";
import { NOTHING, keepUnfinished, unfinishedIn } from "../state/unfinished";
import { EmojiPicker } from "./emoji";
import { CloseIcon, SendIcon } from "./icons";
import { Quote } from "./quote";
import { t } from "../state/language";

const isTouch = window.matchMedia("(hover: none) and (pointer: coarse)");

export function Composer({ room, name }: { room: string; name: string }) {
  const { text, replyTo } = unfinishedIn(room).value;
  const box = useRef<HTMLTextAreaElement>(null);
  const length = Array.from(text).length;
  const isOver = length > contentChars.value;
  const words = lengthWords(length, contentChars.value);
  const canSend = text.trim() !== "" && !isOver;

  useLayoutEffect(() => {
    const area = box.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);
  useEffect(() => {
    if (!isTouch.matches || replyTo !== null) box.current?.focus();
  }, [replyTo]);
  useEffect(
    () => () => {
      stopTyping(room);
    },
    [room],
  );

  const submit = (): void => {
    if (!canSend) return;
    send(text.trim(), replyTo);
    keepUnfinished(room, NOTHING);
    box.current?.focus();
  };
  const insert = (piece: string): void => {
    const area = box.current;
    if (area === null) return;
    area.setRangeText(piece, area.selectionStart, area.selectionEnd, "end");
    keepUnfinished(room, { text: area.value });
    area.focus();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {replyTo !== null && (
        <div class="replying" data-testid="replying">
          <Quote room={room} seq={replyTo} onOpen={null} />
          <button
            type="button"
            class="icon-button small"
            aria-label={t("composer.no_reply")}
            onClick={() => {
              keepUnfinished(room, { replyTo: null });
            }}
          >
            <CloseIcon />
          </button>
        </div>
      )}
      <div class="composer-box">
        <EmojiPicker onPick={insert} />
        <textarea
          ref={box}
          rows={1}
          aria-label={t("composer.label", { name })}
          placeholder={t("composer.placeholder")}
          data-testid="composer"
          dir="auto"
          enterkeyhint={isTouch.matches ? "enter" : "send"}
          value={text}
          onInput={(event) => {
            const { value } = event.currentTarget;
            keepUnfinished(room, { text: value });
            if (value) type(room);
            else stopTyping(room);
          }}
          onBlur={() => {
            stopTyping(room);
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape" && replyTo !== null) {
              event.preventDefault();
              keepUnfinished(room, { replyTo: null });
            }
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            if (isTouch.matches) return;
            event.preventDefault();
            submit();
          }}
        />
        {words && <output class={isOver ? "count-left is-over" : "count-left"}>{words}</output>}
        <button
          type="submit"
          class="send"
          aria-label={t("composer.send")}
          data-testid="send"
          disabled={!canSend}
        >
          <SendIcon />
        </button>
      </div>
    </form>
  );
}
