/** The line below the name of the open conversation: who types there, or what is known of it. */
import { useEffect, useRef } from "preact/hooks";

import { membersWords, presenceWords } from "../format";
import type { TypingWords } from "../format";
import { announce } from "../state/announcer";
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
  useAnnouncement(typing);
  return (
    <p class={typing || words ? "about" : "about is-empty"} data-testid="about">
      {typing ? <Typing words={typing} /> : <span class="ellipsis">{words}</span>}
      {typing && <Dots />}
    </p>
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

/** What was said is not said again after each pause. */
function useAnnouncement(typing: TypingWords | null): void {
  const said = useRef("");
  const words = typing === null ? "" : t(typing.of, { who: typing.who });
  useEffect(() => {
    if (words === "") {
      const timer = setTimeout(() => (said.current = ""), PAUSE_MS);
      return () => {
        clearTimeout(timer);
      };
    }
    if (words !== said.current) announce(words);
    said.current = words;
    return undefined;
  }, [words]);
}
