/** A conversation in the list. */
import { shortDateOf } from "../format";
import { openRoom } from "../state/chat";
import { presenceIn, typingIn } from "../state/company";
import { goTo } from "../state/location";
import type { Summary } from "../state/summaries";
import { today } from "../state/today";
import { unfinishedIn } from "../state/unfinished";
import { Avatar } from "./avatar";
import { SendMark } from "./send-mark";
import { Typing } from "./typing";
import { t } from "../state/language";

export function RoomRow({ room }: { room: Summary }) {
  const isOpen = openRoom.value === room.id;
  const status = presenceIn(room)?.status;
  const isThere = status === "online" || status === "away";
  const typing = typingIn(room);
  return (
    <button
      type="button"
      class={isOpen ? "row is-open" : "row"}
      aria-current={isOpen ? "true" : undefined}
      data-testid="room"
      data-room={room.id}
      onClick={() => {
        goTo(room.id);
      }}
    >
      <Avatar
        id={room.peer ?? room.id}
        name={room.name}
        status={status}
        isGroup={room.peer === null}
      />
      <span class="row-text">
        <span class="row-line">
          <span class="row-name" dir="auto">
            {room.name}
            {isThere && <span class="hidden">, {t(`presence.${status}`)}</span>}
          </span>
          {room.at !== null && (
            <time class={room.unread > 0 ? "row-time is-new" : "row-time"}>
              {shortDateOf(room.at, today.value)}
            </time>
          )}
        </span>
        <span class="row-line">
          {typing ? (
            <span class="row-preview">
              <Typing words={typing} />
            </span>
          ) : (
            <Preview room={room} />
          )}
          {room.unread > 0 && (
            <span class="badge" data-testid="unread">
              <span aria-hidden="true">{room.unread > 99 ? "99+" : room.unread}</span>
              <span class="hidden">{t("list.unread", { count: room.unread })}</span>
            </span>
          )}
        </span>
      </span>
    </button>
  );
}

/** The newest message, who wrote it, and how far it has come. */
function Preview({ room }: { room: Summary }) {
  const { text } = unfinishedIn(room.id).value;
  if (text.trim() !== "" && openRoom.value !== room.id)
    return (
      <span class="row-preview" data-testid="unfinished">
        <span class="row-draft">{t("list.draft")}</span>
        <bdi class="ellipsis">{text}</bdi>
      </span>
    );
  return (
    <span class="row-preview">
      {room.sent !== null && <SendMark status={room.sent} inGroup={room.kind === "group"} />}
      {room.author !== null && (
        <span class="row-author" data-testid="preview-author">
          <bdi class="ellipsis">{room.author}</bdi>:
        </span>
      )}
      <bdi class="ellipsis" data-testid="preview">
        {room.preview}
      </bdi>
    </span>
  );
}
