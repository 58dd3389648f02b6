/** What is beside the open conversation: about it, or about one of its messages. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import { openSummary } from "../state/chat";
import { leavePanel, panel } from "../state/panel";
import { CloseIcon } from "./icons";
import { MessageInfo } from "./message-info";
import { RoomInfo } from "./room-info";
import { t } from "../state/language";

export function Panel() {
  const room = openSummary.value;
  const shown = panel.value;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isPopover = document.querySelector(":popover-open, dialog[open]") !== null;
      const isTaken = event.defaultPrevented || isPopover;
      if (event.key === "Escape" && !isTaken) leavePanel();
    };
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("keydown", onKey);
    };
  }, []);
  if (room === undefined || shown === null) return null;
  if (shown.name === "message")
    return (
      <Frame title={t("message.info")}>
        <MessageInfo key={shown.seq} room={room} seq={shown.seq} />
      </Frame>
    );
  return (
    <Frame title={t(room.kind === "group" ? "room.about_group" : "room.about_direct")}>
      <RoomInfo key={room.id} room={room} />
    </Frame>
  );
}

function Frame({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <aside class="panel" aria-label={title} data-testid="panel">
      <header class="panel-head">
        <button type="button" class="icon-button" aria-label={t("app.close")} onClick={leavePanel}>
          <CloseIcon />
        </button>
        <h2>{title}</h2>
      </header>
      <div class="panel-scroll">{children}</div>
    </aside>
  );
}
