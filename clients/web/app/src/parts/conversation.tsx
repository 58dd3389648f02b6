/** The right pane: one conversation. */
import { openSummary } from "../state/chat";
import { goTo } from "../state/location";
import { leavePanel, openPanel, panel } from "../state/panel";
import type { Summary } from "../state/summaries";
import { About } from "./about";
import { Avatar } from "./avatar";
import { Composer } from "./composer";
import { BackIcon, ChatIcon } from "./icons";
import { NotHere } from "./not-here";
import { Timeline } from "./timeline";
import { t } from "../state/language";

export function Conversation({ room }: { room: string }) {
  const summary = openSummary.value;
  if (summary === undefined) return <NotHere />;
  const { name, kind } = summary;
  return (
    <main
      class="conversation"
      aria-label={t("conversation.with", { name })}
      data-testid="conversation"
      data-open={room}
    >
      <header class="conversation-head">
        <BackButton room={room} />
        <Title summary={summary} />
      </header>
      <Timeline name={name} kind={kind} />
      <Composer room={room} name={name} />
    </main>
  );
}

/** Its name opens what there is to know of the conversation. */
function Title({ summary }: { summary: Summary }) {
  const { id, name, peer } = summary;
  const isOpen = panel.value?.name === "room";
  return (
    <div class="conversation-about">
      <Avatar id={peer ?? id} name={name} isGroup={peer === null} />
      <div class="conversation-title">
        <h1>
          <button
            type="button"
            class="title-button ellipsis"
            dir="auto"
            aria-expanded={isOpen}
            data-testid="open-details"
            onClick={() => {
              if (isOpen) leavePanel();
              else openPanel({ name: "room" });
            }}
          >
            {name}
          </button>
        </h1>
        <About room={summary} />
      </div>
    </div>
  );
}

/** Back to the list, and there to where one came from. */
function BackButton({ room }: { room: string }) {
  return (
    <button
      type="button"
      class="icon-button back"
      aria-label={t("conversation.back")}
      onClick={() => {
        goTo(null);
        requestAnimationFrame(() => {
          document.querySelector<HTMLElement>(`[data-room="${room}"]`)?.focus();
        });
      }}
    >
      <BackIcon />
    </button>
  );
}

export function NoConversation() {
  return (
    <main class="conversation is-empty" data-testid="nothing-open">
      <div class="empty large">
        <ChatIcon />
        <h1>{t("conversation.pick")}</h1>
        <p>{t("conversation.pick_hint")}</p>
      </div>
    </main>
  );
}
