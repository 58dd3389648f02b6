/**
 * The messages of the open conversation.
 *
 * The view starts at the first unread message, or at the end. It sticks to the end while it is at
 * the end; anywhere else it stays where the reader is, also when a page of history is put above.
 */
import { useSignal } from "@preact/signals";
import { useCallback, useEffect, useLayoutEffect, useRef } from "preact/hooks";

import {
  hasOlder,
  historyError,
  isCatchingUp,
  isReadingBack,
  isSeeking,
  leavePast,
  loadAgain,
  loadNewer,
  loadOlder,
  openSummary,
  past,
  readBack,
  sendings,
  sought,
  timeline,
  unreadFrom,
} from "../state/chat";
import type { Summary } from "../state/summaries";
import { firstNewOf } from "../state/timeline";
import type { Entry } from "../state/timeline";
import { ChatIcon, DownIcon } from "./icons";
import { DayLine, MessageRow, NewLine } from "./message-row";
import { putView, useWindow } from "./window";
import { t } from "../state/language";
import { Words } from "./words";

/** How near the end counts as at the end, and how near the top asks for more, in px. */
const NEAR_END = 80;
const NEAR_TOP = 240;

/** How far below the top the "New messages" line is put, in px: a little of the past is seen. */
const ABOVE_NEW = 72;

/** What a row is taken to be high before it is measured, and the room above the first, in px. */
const ROW = 52;
const EDGE = 16;
const OLDER = 56;

/** How long a message that was sought stands out. */
const SHOWN_MS = 1_600;

/** What the view stays with. `start` is the end until it is known where new messages begin. */
type Hold = "start" | "new" | "end" | "reader";

interface Put {
  entries: readonly Entry[];
  height: number;
  top: number;
}

export interface TimelineProps {
  name: string;
  kind: Summary["kind"];
}

export function Timeline({ name, kind }: TimelineProps) {
  const view = useRef<HTMLDivElement>(null);
  const hold = useRef<Hold>("start");
  /** What was there when the view was put last, and where that was, in px. */
  const put = useRef<Put>({ entries: [], height: 0, top: 0 });
  const sent = useRef(sendings.value);
  const isAway = useSignal(false);
  const found = useSignal<string | null>(null);
  const drawn = useRef(new Map<string, Drawn>());
  const entries = timeline.value;
  const shown = useRef(entries);
  shown.current = entries;
  const newFrom = unreadFrom.value;
  const firstNew = newFrom === null ? undefined : firstNewOf(entries, newFrom, hasOlder.value);
  const last = entries.at(-1);
  const rows = useWindow({
    count: entries.length,
    getScrollElement: () => view.current,
    estimateSize: () => ROW,
    // As long as it is the same function the list takes it that no row has changed its place.
    getItemKey: useCallback(
      (index: number) => shown.current[index]?.key ?? index,
      [entries[0]?.key, entries.length, last?.key],
    ),
    paddingStart: hasOlder.value ? OLDER : EDGE,
    paddingEnd: EDGE,
    anchorTo: "end",
  });

  const toEnd = (): void => {
    const box = view.current;
    if (box === null) return;
    hold.current = "end";
    readBack(false);
    leavePast();
    putView(rows, box, box.scrollHeight);
  };
  const toNew = (box: HTMLElement): void => {
    const index = entries.findIndex((entry) => entry === firstNew);
    const [start] = rows.getOffsetForIndex(index, "start") ?? [0];
    putView(rows, box, start - ABOVE_NEW);
    if (isAtEnd(box) && !isCatchingUp.value) hold.current = "end";
  };

  useLayoutEffect(() => {
    if (sendings.value === sent.current) return;
    sent.current = sendings.value;
    hold.current = "end";
    readBack(false);
  }, [sendings.value]);
  useLayoutEffect(() => {
    const box = view.current;
    if (box === null) return;
    const before = put.current;
    const isOther = before.entries !== entries || before.height !== box.scrollHeight;
    if (hold.current === "start" && firstNew !== undefined) hold.current = "new";
    // Whoever only scrolls is not put anywhere.
    if (isOther && hold.current === "new" && firstNew !== undefined) toNew(box);
    else if (isOther && hold.current !== "reader") putView(rows, box, box.scrollHeight);
    put.current = { entries, height: box.scrollHeight, top: box.scrollTop };
    isAway.value = !isAtEnd(box);
    // Nobody can scroll up in what does not fill the view.
    if (box.scrollHeight <= box.clientHeight) loadOlderIfAny();
  });
  useEffect(() => {
    const box = view.current;
    if (box === null) return;
    const observer = new ResizeObserver(() => {
      if (hold.current === "start" || hold.current === "end") putView(rows, box, box.scrollHeight);
    });
    observer.observe(box);
    return () => {
      observer.disconnect();
    };
  }, []);
  useEffect(() => {
    const seq = sought.value;
    if (seq === null) return;
    sought.value = null;
    const index = entries.findIndex((entry) => entry.seq === seq);
    const entry = entries[index];
    if (entry === undefined) return;
    hold.current = "reader";
    readBack(true);
    rows.scrollToIndex(index, { align: "center" });
    // What led here may be gone: whoever reads on by keys begins here.
    view.current?.focus({ preventScroll: true });
    found.value = entry.key;
    const timer = setTimeout(() => (found.value = null), SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [sought.value]);

  const onScroll = (): void => {
    const box = view.current;
    if (box === null) return;
    isAway.value = !isAtEnd(box);
    const isBeginning = hold.current === "start" || hold.current === "new";
    const isMoved = Math.abs(box.scrollTop - put.current.top) > 1;
    if (!isBeginning || isMoved) {
      hold.current = isAway.value ? "reader" : "end";
      readBack(isAway.value);
    }
    if (box.scrollTop < NEAR_TOP) loadOlderIfAny();
    if (past.value !== null && below(box) < NEAR_TOP && !historyError.value) void loadNewer();
  };

  const inSight = rows.getVirtualItems();
  const kept = new Map<string, Drawn>();
  const slots = inSight.map(({ index }) => {
    const entry = entries[index];
    if (entry === undefined) return null;
    const isNew = entry === firstNew;
    const isFound = entry.key === found.value;
    let one = drawn.current.get(entry.key);
    if (
      one?.entry !== entry ||
      one.index !== index ||
      one.isNew !== isNew ||
      one.isFound !== isFound
    )
      one = {
        entry,
        index,
        isNew,
        isFound,
        row: (
          <div
            key={entry.key}
            class={slotClass(isFound)}
            data-index={index}
            ref={rows.measureElement}
          >
            {entry.startsDay && <DayLine at={entry.at} />}
            {isNew && <NewLine />}
            <MessageRow entry={entry} inGroup={kind === "group"} />
          </div>
        ),
      };
    kept.set(entry.key, one);
    return one.row;
  });
  drawn.current = kept;

  return (
    <div class="timeline-place">
      <div
        class="timeline"
        ref={view}
        onScroll={onScroll}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={t("conversation.messages")}
        data-testid="messages"
      >
        <div class="timeline-rows">
          {entries.length === 0 &&
            (hasOlder.value ? <Loading /> : <Beginning name={name} kind={kind} />)}
          {entries.length > 0 && (
            <div class="timeline-window" style={{ height: `${rows.getTotalSize()}px` }}>
              {!historyError.value && hasOlder.value && (
                <p class="older">
                  <span class="spinner" />{" "}
                  <span class="hidden">{t("conversation.loading_older")}</span>
                </p>
              )}
              <div style={{ transform: `translateY(${inSight[0]?.start ?? 0}px)` }}>{slots}</div>
            </div>
          )}
        </div>
      </div>
      {isSeeking.value && (
        <p class="note timeline-error">
          <span class="spinner" /> {t("conversation.going")}
        </p>
      )}
      {historyError.value && (
        <p class="note is-error timeline-error" role="alert">
          {historyError.value}{" "}
          <button type="button" class="link" onClick={() => void loadAgain()}>
            {t("app.try_again")}
          </button>
        </p>
      )}
      {isAway.value && <Jump onClick={toEnd} />}
    </div>
  );
}

/** A row as it was drawn last: what is the same is not gone through again as somebody scrolls. */
interface Drawn {
  entry: Entry;
  index: number;
  isNew: boolean;
  isFound: boolean;
  row: preact.JSX.Element;
}

/** Down to the end, and how much of others has come there meanwhile. */
function Jump({ onClick }: { onClick: () => void }) {
  const unread = isReadingBack.value ? (openSummary.value?.unread ?? 0) : 0;
  const words =
    unread > 0
      ? t("conversation.to_latest_unread", { count: unread })
      : t("conversation.to_latest");
  return (
    <button type="button" class="icon-button jump" aria-label={words} onClick={onClick}>
      <DownIcon />
      {unread > 0 && (
        <span class="badge" data-testid="unread-below">
          {unread}
        </span>
      )}
    </button>
  );
}

function slotClass(isFound: boolean): string {
  return isFound ? "slot is-found" : "slot";
}

function loadOlderIfAny(): void {
  if (hasOlder.value && !historyError.value) void loadOlder();
}

function isAtEnd(box: HTMLElement): boolean {
  return past.value === null && below(box) < NEAR_END;
}

/** What there is below the view, in px. */
function below(box: HTMLElement): number {
  return box.scrollHeight - box.scrollTop - box.clientHeight;
}

/** The place of messages that are on their way. */
function Loading() {
  return (
    <div class="loading" aria-hidden="true" data-testid="loading-messages">
      {[11, 16, 7, 19, 9, 14].map((width, row) => (
        <i key={row} class={row % 3 === 1 ? "is-mine" : ""} style={{ width: `${width}rem` }} />
      ))}
    </div>
  );
}

function Beginning({ name, kind }: TimelineProps) {
  return (
    <div class="empty large" data-testid="no-messages">
      <ChatIcon />
      <p>
        <Words
          of={kind === "direct" ? "conversation.begins_direct" : "conversation.begins_group"}
          name={
            <strong>
              <bdi>{name}</bdi>
            </strong>
          }
        />
      </p>
    </div>
  );
}
