/** One's own avatar; behind it are the settings, which are loaded when somebody wants them. */
import type { User } from "@parley/sdk";
import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";

import { t } from "../state/language";
import { Avatar } from "./avatar";
import type { SettingsProps } from "./settings/dialog";

export function Settings({ me }: { me: User }) {
  const isOpen = useSignal(false);
  const dialog = useSignal<ComponentType<SettingsProps> | null>(null);
  const isLoading = useSignal(false);
  const error = useSignal("");
  const open = async (): Promise<void> => {
    isLoading.value = true;
    error.value = "";
    try {
      dialog.value ??= (await import("./settings/dialog")).SettingsDialog;
      isOpen.value = true;
    } catch {
      // Neither the network nor the worker has the file: a browser says no more than that.
      error.value = t("settings.not_loaded");
    } finally {
      isLoading.value = false;
    }
  };
  const Dialog = dialog.value;
  return (
    <>
      <button
        type="button"
        class="avatar-button"
        aria-label={t("settings.title")}
        title={t("settings.title")}
        aria-haspopup="dialog"
        aria-busy={isLoading.value}
        data-testid="open-settings"
        onClick={() => void open()}
      >
        <Avatar id={me.id} name={me.display_name || me.username} size="s" />
      </button>
      {error.value && (
        <p class="me-error field-error" role="alert">
          {error.value}
        </p>
      )}
      {isOpen.value && Dialog !== null && (
        <Dialog
          me={me}
          onClose={() => {
            isOpen.value = false;
          }}
        />
      )}
    </>
  );
}
