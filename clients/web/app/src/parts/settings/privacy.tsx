/** What others learn of oneself. */
import type { Profile, ProfileChange } from "@parley/sdk/account";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { change, profile } from "../../state/account";
import { t } from "../../state/language";
import { useAsking } from "./asking";
import { LastSeenChoice } from "./last-seen-choice";
import { Section, Switch } from "./section";

export function Privacy() {
  // Null as long as the server has not said how it is.
  const known = useSignal<Profile | null>(null);
  const { isBusy, error, ask } = useAsking();
  useEffect(() => {
    void ask(profile, "settings.not_loaded").then((answer) => (known.value = answer));
  }, []);
  const set = async (next: ProfileChange): Promise<void> => {
    known.value = (await ask(() => change(next), "settings.not_saved")) ?? known.value;
  };
  const isDisabled = known.value === null || isBusy.value;
  return (
    <Section title={t("settings.privacy")}>
      <Switch
        name="send-read-receipts"
        words={t("settings.receipts")}
        hint={t("settings.receipts_hint")}
        isOn={known.value?.send_read_receipts ?? false}
        isDisabled={isDisabled}
        onChange={(isOn) => void set({ send_read_receipts: isOn })}
      />
      <LastSeenChoice
        chosen={known.value?.last_seen ?? null}
        isDisabled={isDisabled}
        onChoose={(to) => void set({ last_seen: to })}
      />
      {error.value && (
        <p class="field-error" role="alert">
          {error.value}
        </p>
      )}
    </Section>
  );
}
