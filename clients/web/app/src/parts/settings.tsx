/** One's own avatar, and behind it what one may set. */
import { ApiError } from "@parley/sdk";
import type { LastSeenTo, Profile, User } from "@parley/sdk";
import { useSignal } from "@preact/signals";

import { profile, sendReadReceipts, showLastSeen } from "../state/session";
import { Avatar } from "./avatar";
import { LastSeenChoice } from "./last-seen-choice";

const NOT_LOADED = "The settings did not load: the server did not answer.";
const NOT_SAVED = "It was not saved: the server did not answer.";

export function Settings({ me }: { me: User }) {
  const name = me.display_name || me.username;
  // Null as long as the server has not said how it is.
  const known = useSignal<Profile | null>(null);
  const isSaving = useSignal(false);
  const error = useSignal("");

  const isDisabled = known.value === null || isSaving.value;

  const ask = async (answer: () => Promise<Profile>, words: string): Promise<void> => {
    error.value = "";
    isSaving.value = true;
    try {
      known.value = await answer();
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      error.value = words;
    } finally {
      isSaving.value = false;
    }
  };
  const onToggle = (event: { newState: string }): void => {
    if (event.newState === "open") void ask(profile, NOT_LOADED);
  };
  const onChange = (event: Event & { currentTarget: HTMLInputElement }): void => {
    const box = event.currentTarget;
    void ask(() => sendReadReceipts(box.checked), NOT_SAVED).finally(() => {
      box.checked = known.value?.send_read_receipts ?? false;
    });
  };
  const onChoose = (to: LastSeenTo): void => {
    void ask(() => showLastSeen(to), NOT_SAVED);
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
            checked={known.value?.send_read_receipts ?? false}
            disabled={isDisabled}
            onChange={onChange}
          />
        </label>
        <LastSeenChoice
          chosen={known.value?.last_seen ?? null}
          isDisabled={isDisabled}
          onChoose={onChoose}
        />
        {error.value && (
          <p class="field-error" role="alert">
            {error.value}
          </p>
        )}
      </section>
    </>
  );
}
