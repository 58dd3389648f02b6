/** One's own avatar; behind it are the settings. */
import type { User } from "@parley/sdk";
import { useSignal } from "@preact/signals";

import { t } from "../state/language";
import { Avatar } from "./avatar";
import { useLater } from "./later";

export function Settings({ me }: { me: User }) {
  const isOpen = useSignal(false);
  const dialog = useLater(async () => (await import("./settings/dialog")).SettingsDialog);
  const open = async (): Promise<void> => {
    isOpen.value = await dialog.want();
  };
  const Dialog = dialog.part.value;
  return (
    <>
      <button
        type="button"
        class="avatar-button"
        aria-label={t("settings.title")}
        title={t("settings.title")}
        aria-haspopup="dialog"
        aria-busy={dialog.isLoading.value}
        data-testid="open-settings"
        onClick={() => void open()}
      >
        <Avatar id={me.id} name={me.display_name || me.username} size="s" />
      </button>
      {dialog.error.value && (
        <p class="me-error field-error" role="alert">
          {dialog.error.value}
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
