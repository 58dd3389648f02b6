/** Where one writes. Enter sends, Shift+Enter is a new line; on a touch screen Enter is one too. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { lengthWords } from "../format";
import { contentChars, send, unfinished } from "../state/chat";
import { stopTyping, type } from "../state/company";
import { SendIcon } from "./icons";

const isTouch = window.matchMedia("(hover: none) and (pointer: coarse)");

export function Composer({ room, name }: { room: string; name: string }) {
  const text = useSignal(unfinished.get(room) ?? "");
  const box = useRef<HTMLTextAreaElement>(null);
  const length = Array.from(text.value).length;
  const isOver = length > contentChars.value;
  const words = lengthWords(length, contentChars.value);
  const canSend = text.value.trim() !== "" && !isOver;

  useLayoutEffect(() => {
    const area = box.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text.value]);
  useEffect(() => {
    if (!isTouch.matches) box.current?.focus();
  }, []);

  useEffect(
    () => () => {
      stopTyping(room);
    },
    [room],
  );

  const write = (value: string): void => {
    text.value = value;
    if (value) unfinished.set(room, value);
    else unfinished.delete(room);
  };
  const submit = (): void => {
    if (!canSend) return;
    send(text.value.trim());
    write("");
    box.current?.focus();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="composer-box">
        <textarea
          ref={box}
          rows={1}
          aria-label={`Message to ${name}`}
          placeholder="Write a message"
          data-testid="composer"
          enterkeyhint={isTouch.matches ? "enter" : "send"}
          value={text.value}
          onInput={(event) => {
            write(event.currentTarget.value);
            if (text.value) type(room);
            else stopTyping(room);
          }}
          onBlur={() => {
            stopTyping(room);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            if (isTouch.matches) return;
            event.preventDefault();
            submit();
          }}
        />
        {words && <output class={isOver ? "count-left is-over" : "count-left"}>{words}</output>}
        <button type="submit" class="send" aria-label="Send" data-testid="send" disabled={!canSend}>
          <SendIcon />
        </button>
      </div>
    </form>
  );
}
