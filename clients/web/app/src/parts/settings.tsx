/** One's own avatar, and behind it what one may set. */
import { ApiError } from "@parley/sdk";
import type { User } from "@parley/sdk";
import { useSignal } from "@preact/signals";

import { sendReadReceipts, sendsReadReceipts } from "../state/session";
import { Avatar } from "./avatar";

export function Settings({ me }: { me: User }) {
  const name = me.display_name || me.username;
  // Null as long as the server has not said how it is.
  const sends = useSignal<boolean | null>(null);
  const isSaving = useSignal(false);
  const error = useSignal("");

  const ask = async (answer: () => Promise<boolean>, words: string): Promise<void> => {
    error.value = "";
    isSaving.value = true;
    try {
      sends.value = await answer();
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      error.value = words;
    } finally {
      isSaving.value = false;
    }
  };
  const onToggle = (event: { newState: string }): void => {
    if (event.newState === "open")
      void ask(sendsReadReceipts, "The settings did not load: the server did not answer.");
  };
  const onChange = (event: Event & { currentTarget: HTMLInputElement }): void => {
    const box = event.currentTarget;
    void ask(
      () => sendReadReceipts(box.checked),
      "It was not saved: the server did not answer.",
    ).finally(() => {
      box.checked = sends.value ?? false;
    });
  };
  return (
    <>
      <button
        type="button"
        class="avatar-button"
        aria-label="Settings"
        title="Settings"
        popovertarget="settings"
      >
        <Avatar id={me.id} name={name} size="s" />
      </button>
      <section
        class="settings"
        id="settings"
        popover="auto"
        aria-label="Settings"
        onToggle={onToggle}
      >
        <header class="settings-head">
          <Avatar id={me.id} name={name} />
          <p class="ellipsis">
            <strong>{name}</strong>
            <br />
            <span class="muted">@{me.username}</span>
          </p>
        </header>
        <label class="setting">
          <span>
            Send read receipts
            <span class="field-hint" id="read-receipts-hint">
              When this is off, others do not see what you have read. You still see theirs.
            </span>
          </span>
          <input
            type="checkbox"
            role="switch"
            class="switch"
            aria-describedby="read-receipts-hint"
            data-testid="send-read-receipts"
            checked={sends.value ?? false}
            disabled={sends.value === null || isSaving.value}
            onChange={onChange}
          />
        </label>
        {error.value && (
          <p class="field-error" role="alert">
            {error.value}
          </p>
        )}
      </section>
    </>
  );
}
