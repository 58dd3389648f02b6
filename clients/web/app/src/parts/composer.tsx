/** Where one writes. Enter sends, Shift+Enter is a new line; on a touch screen Enter is one too. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { send, unfinished } from "../state/chat";
import { SendIcon } from "./icons";

/** Of the protocol, in code points. */
const MAX_CHARS = 4096;
const COUNT_FROM = 3600;

const isTouch = window.matchMedia("(hover: none) and (pointer: coarse)");

export function Composer({ room, name }: { room: string; name: string }) {
  const text = useSignal(unfinished.get(room) ?? "");
  const box = useRef<HTMLTextAreaElement>(null);
  const length = Array.from(text.value).length;
  const canSend = text.value.trim() !== "" && length <= MAX_CHARS;

  useLayoutEffect(() => {
    const area = box.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text.value]);
  useEffect(() => {
    if (!isTouch.matches) box.current?.focus();
  }, []);

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
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            if (isTouch.matches) return;
            event.preventDefault();
            submit();
          }}
        />
        {length > COUNT_FROM && (
          <output class={length > MAX_CHARS ? "count-left is-over" : "count-left"}>
            {MAX_CHARS - length}
          </output>
        )}
        <button type="submit" class="send" aria-label="Send" data-testid="send" disabled={!canSend}>
          <SendIcon />
        </button>
      </div>
    </form>
  );
}
