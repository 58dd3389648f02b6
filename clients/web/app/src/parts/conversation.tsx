/**
 * The right pane: one conversation.
 *
 * The view starts at the first unread message, or at the end. It sticks to the end while it is at
 * the end; anywhere else it stays where the reader is, also when a page of history is put above.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import {
  hasOlder,
  historyError,
  isCatchingUp,
  loadOlder,
  openSummary,
  timeline,
  unreadFrom,
} from "../state/chat";
import { goTo } from "../state/location";
import type { Summary } from "../state/summaries";
import { firstNewOf } from "../state/timeline";
import { About } from "./about";
import { Avatar } from "./avatar";
import { Composer } from "./composer";
import { BackIcon, ChatIcon, DownIcon } from "./icons";
import { DayLine, MessageRow, NewLine } from "./message-row";
import { NotHere } from "./not-here";

/** How near the end counts as at the end, and how near the top asks for more, in px. */
const NEAR_END = 80;
const NEAR_TOP = 240;

/** How far below the top the "New messages" line is put, in px: a little of the past is seen. */
const ABOVE_NEW = 72;

type Kind = Summary["kind"];

/** What the view stays with. `start` is the end until it is known where new messages begin. */
type Hold = "start" | "new" | "end" | "reader";

export function Conversation({ room }: { room: string }) {
  const summary = openSummary.value;
  if (summary === undefined) return <NotHere />;
  const { name, peer, kind } = summary;
  return (
    <main class="conversation" aria-label={`Conversation with ${name}`} data-testid="conversation">
      <header class="conversation-head">
        <BackButton label="Back to all conversations" />
        <Avatar id={peer ?? room} name={name} />
        <div class="conversation-title">
          <h1 class="ellipsis">{name}</h1>
          <About room={summary} />
        </div>
      </header>
      <Timeline name={name} kind={kind} />
      <Composer room={room} name={name} />
    </main>
  );
}

function BackButton({ label }: { label: string }) {
  return (
    <button
      type="button"
      class="icon-button back"
      aria-label={label}
      onClick={() => {
        goTo(null);
      }}
    >
      <BackIcon />
    </button>
  );
}

function Timeline({ name, kind }: { name: string; kind: Kind }) {
  const view = useRef<HTMLDivElement>(null);
  const before = useRef({ height: 0, firstKey: "", top: 0 });
  const hold = useRef<Hold>("start");
  const isAway = useSignal(false);
  const entries = timeline.value;
  const newFrom = unreadFrom.value;
  const firstNew = newFrom === null ? undefined : firstNewOf(entries, newFrom, hasOlder.value);
  const lastKey = entries.at(-1)?.key;
  const lastIsMine = entries.at(-1)?.mine;

  const toEnd = (): void => {
    const box = view.current;
    if (box !== null) box.scrollTop = box.scrollHeight;
  };
  const toNew = (box: HTMLElement): void => {
    const line = box.querySelector(".new-line");
    if (line === null) return;
    const below = line.getBoundingClientRect().top - box.getBoundingClientRect().top;
    box.scrollTop += below - ABOVE_NEW;
    if (isAtEnd(box) && !isCatchingUp.value) hold.current = "end";
  };

  useLayoutEffect(() => {
    if (lastIsMine) hold.current = "end";
  }, [lastKey]);
  useLayoutEffect(() => {
    const box = view.current;
    if (box === null) return;
    const firstKey = entries[0]?.key ?? "";
    const { height, firstKey: oldFirst } = before.current;
    if (hold.current === "start" && firstNew !== undefined) hold.current = "new";
    if (hold.current === "new") toNew(box);
    else if (hold.current !== "reader") toEnd();
    else if (firstKey !== oldFirst) box.scrollTop += box.scrollHeight - height;
    before.current = { height: box.scrollHeight, firstKey, top: box.scrollTop };
    isAway.value = !isAtEnd(box);
    // Nobody can scroll up in what does not fill the view.
    if (box.scrollHeight <= box.clientHeight) loadOlderIfAny();
  }, [entries, hasOlder.value]);
  useEffect(() => {
    const box = view.current;
    if (box === null) return;
    const observer = new ResizeObserver(() => {
      if (hold.current === "start" || hold.current === "end") toEnd();
    });
    observer.observe(box);
    return () => {
      observer.disconnect();
    };
  }, []);

  const onScroll = (): void => {
    const box = view.current;
    if (box === null) return;
    isAway.value = !isAtEnd(box);
    const isBeginning = hold.current === "start" || hold.current === "new";
    const isMoved = Math.abs(box.scrollTop - before.current.top) > 1;
    if (!isBeginning || isMoved) hold.current = isAway.value ? "reader" : "end";
    if (box.scrollTop < NEAR_TOP) loadOlderIfAny();
  };

  return (
    <div class="timeline-place">
      <div
        class="timeline"
        ref={view}
        onScroll={onScroll}
        tabIndex={0}
        role="log"
        aria-label="Messages"
        data-testid="messages"
      >
        <div class="timeline-rows">
          {historyError.value && (
            <p class="note is-error" role="alert">
              {historyError.value}{" "}
              <button type="button" class="link" onClick={() => void loadOlder()}>
                Try again
              </button>
            </p>
          )}
          {!historyError.value && hasOlder.value && (
            <p class="older">
              <span class="spinner" /> <span class="hidden">Earlier messages are loading</span>
            </p>
          )}
          {entries.length === 0 && !hasOlder.value && <Beginning name={name} kind={kind} />}
          {entries.map((entry) => [
            entry.startsDay && <DayLine key={`day/${entry.key}`} at={entry.at} />,
            entry === firstNew && <NewLine key="new" />,
            <MessageRow key={entry.key} entry={entry} inGroup={kind === "group"} />,
          ])}
        </div>
      </div>
      {isAway.value && (
        <button type="button" class="icon-button jump" aria-label="To the latest" onClick={toEnd}>
          <DownIcon />
        </button>
      )}
    </div>
  );
}

function loadOlderIfAny(): void {
  if (hasOlder.value && !historyError.value) void loadOlder();
}

function isAtEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
}

function Beginning({ name, kind }: { name: string; kind: Kind }) {
  return (
    <div class="empty large" data-testid="no-messages">
      <ChatIcon />
      <p>
        {kind === "direct"
          ? "This is the beginning of your conversation with "
          : "Messages appear here from now on. Say hello to "}
        <strong>{name}</strong>.
      </p>
    </div>
  );
}

export function NoConversation() {
  return (
    <main class="conversation is-empty" data-testid="nothing-open">
      <div class="empty large">
        <ChatIcon />
        <h1>Pick up a conversation</h1>
        <p>Choose one from the list, or find a person to talk to.</p>
      </div>
    </main>
  );
}
