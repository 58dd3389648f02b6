/** The conversations: of a thousand only those near the view are on the page. */
import type { RefObject } from "preact";

import type { Summary } from "../state/summaries";
import { RoomRow } from "./room-row";
import { useWindow } from "./window";

/** What a row is taken to be high before it is measured, in px. */
const ROW = 66;

export interface RoomListProps {
  rooms: readonly Summary[];
  /** What scrolls, and holds nothing above the list. */
  view: RefObject<HTMLElement | null>;
}

export function RoomList({ rooms, view }: RoomListProps) {
  const rows = useWindow({
    count: rooms.length,
    getScrollElement: () => view.current,
    estimateSize: () => ROW,
    getItemKey: (index) => rooms[index]?.id ?? index,
    paddingStart: 0,
    paddingEnd: 0,
    anchorTo: "start",
  });
  const inSight = rows.getVirtualItems();
  return (
    <ul
      class="rows window"
      data-testid="room-list"
      style={{ height: `${rows.getTotalSize()}px`, paddingTop: `${inSight[0]?.start ?? 0}px` }}
    >
      {inSight.map(({ index }) => {
        const room = rooms[index];
        return (
          room && (
            <li
              key={room.id}
              data-index={index}
              ref={rows.measureElement}
              aria-setsize={rooms.length}
              aria-posinset={index + 1}
            >
              <RoomRow room={room} />
            </li>
          )
        );
      })}
    </ul>
  );
}
