/** The line below the name of the open conversation: who types there, or what is known of it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { membersWords, presenceWords } from "../format";
import { presenceIn, typingIn } from "../state/company";
import type { Summary } from "../state/summaries";
import { today } from "../state/today";
import { Typing } from "./typing";
import { t } from "../state/language";

/** Whoever types again sooner has only paused. */
const PAUSE_MS = 10_000;

export function About({ room }: { room: Summary }) {
  const typing = typingIn(room);
  const words = wordsOf(room);
  return (
    <>
      <p class={typing || words ? "about" : "about is-empty"} data-testid="about">
        {typing ? <Typing words={typing} /> : <span class="ellipsis">{words}</span>}
        {typing && <Dots />}
      </p>
      <Announcement words={typing ? t(typing.of, { who: typing.who }) : ""} />
    </>
  );
}

function wordsOf(room: Summary): string {
  if (room.kind === "group") return membersWords(room.memberCount);
  const presence = presenceIn(room);
  return presence === null ? "" : presenceWords(presence, today.value);
}

function Dots() {
  return (
    <span class="dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}

/** For screen readers. What is said stays for a while, so that it is not said after each pause. */
function Announcement({ words }: { words: string }) {
  const said = useSignal("");
  useEffect(() => {
    if (words) {
      said.value = words;
      return;
    }
    const timer = setTimeout(() => (said.value = ""), PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [words]);
  return (
    <p class="hidden" role="status" data-testid="typing-said">
      {said.value}
    </p>
  );
}
