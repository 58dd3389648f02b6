/** The right pane where the address names a room that one is not in, or not in any more. */
import { hasLeft, isLoaded, timeline } from "../state/chat";
import { goTo } from "../state/location";
import { ChatIcon } from "./icons";
import { MessageRow } from "./message-row";

export function NotHere() {
  const unsent = timeline.value;
  return (
    <main class="conversation is-empty" data-testid="not-here">
      {isLoaded.value && (
        <div class="empty large">
          <ChatIcon />
          {hasLeft.value ? <NotAnyMore /> : <Never />}
          {unsent.length > 0 && (
            <section class="unsent" aria-label="What you wrote and was not sent">
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
            All conversations
          </button>
        </div>
      )}
    </main>
  );
}

function NotAnyMore() {
  return (
    <>
      <h1>You are not a member of this room</h1>
      <p>You were until now. Nothing that is written there reaches you any more.</p>
    </>
  );
}

function Never() {
  return (
    <>
      <h1>You are not a member of this room</h1>
      <p>It may have ended, or never been open to you.</p>
    </>
  );
}
