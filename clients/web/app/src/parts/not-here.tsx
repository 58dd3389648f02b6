/** The right pane where the address names a room that one is not in, or not in any more. */
import { hasLeft, isLoaded, timeline } from "../state/chat";
import { goTo } from "../state/location";
import { ChatIcon } from "./icons";
import { MessageRow } from "./message-row";
import { t } from "../state/language";

export function NotHere() {
  const unsent = timeline.value;
  return (
    <main class="conversation is-empty" data-testid="not-here">
      {isLoaded.value && (
        <div class="empty large">
          <ChatIcon />
          <h1>{t("conversation.not_member")}</h1>
          <p>{t(hasLeft.value ? "conversation.not_any_more" : "conversation.never")}</p>
          {unsent.length > 0 && (
            <section class="unsent" aria-label={t("conversation.unsent")}>
              {unsent.map((entry) => (
                <MessageRow key={entry.key} entry={entry} inGroup={false} />
              ))}
            </section>
          )}
          <button
            type="button"
            class="button quiet"
            onClick={() => {
              goTo(null);
            }}
          >
            {t("conversation.all")}
          </button>
        </div>
      )}
    </main>
  );
}
