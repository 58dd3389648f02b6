/** Everything that one may set: for the account, and for this device. */
import type { User } from "@parley/sdk";
import { useEffect, useRef } from "preact/hooks";

import { t } from "../../state/language";
import { Announcer } from "../announcer";
import { CloseIcon } from "../icons";
import { Devices } from "./devices";
import { Looks } from "./looks";
import { Notifications } from "./notifications";
import { Privacy } from "./privacy";
import { ProfileSection } from "./profile";

export interface SettingsProps {
  me: User;
  onClose: () => void;
}

export function SettingsDialog({ me, onClose }: SettingsProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog settings"
      aria-labelledby="settings-title"
      data-testid="settings"
      onClose={onClose}
      onClick={(event) => {
        // What is around it is its own, too.
        if (event.target === event.currentTarget) dialog.current?.close();
      }}
    >
      <Announcer />
      <header class="settings-head">
        <h2 id="settings-title">{t("settings.title")}</h2>
        <button
          type="button"
          class="icon-button"
          aria-label={t("app.close")}
          onClick={() => dialog.current?.close()}
        >
          <CloseIcon />
        </button>
      </header>
      <div class="settings-scroll">
        <ProfileSection me={me} />
        <Privacy />
        <Notifications />
        <Looks />
        <Devices />
      </div>
    </dialog>
  );
}
