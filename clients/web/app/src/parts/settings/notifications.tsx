/** How this device tells of messages. */
import { useSignal } from "@preact/signals";

import { t } from "../../state/language";
import { isHeard, isNotified, isPrivate } from "../../state/notices";
import { isAllowed, told, turnOff, turnOn } from "../../state/subscription";
import { Section, Switch } from "./section";

const HINTS = {
  always: "settings.notify_hint",
  while_open: "settings.notify_open_hint",
  denied: "settings.notify_denied",
  impossible: "settings.notify_impossible",
} as const;

export function Notifications() {
  const isBusy = useSignal(false);
  const turn = async (isOn: boolean): Promise<void> => {
    isBusy.value = true;
    try {
      await (isOn ? turnOn() : turnOff());
    } finally {
      isBusy.value = false;
    }
  };
  const isOn = isNotified.value && isAllowed();
  return (
    <Section title={t("settings.notifications")}>
      <Switch
        name="notify"
        words={t("settings.notify")}
        hint={t(HINTS[told.value])}
        isOn={isOn}
        isDisabled={isBusy.value}
        onChange={(wanted) => void turn(wanted)}
      />
      {isOn && (
        <Switch
          name="private"
          words={t("settings.private")}
          hint={t("settings.private_hint")}
          isOn={isPrivate.value}
          onChange={(wanted) => (isPrivate.value = wanted)}
        />
      )}
      <Switch
        name="sound"
        words={t("settings.sound")}
        hint={t("settings.sound_hint")}
        isOn={isHeard.value}
        onChange={(wanted) => (isHeard.value = wanted)}
      />
    </Section>
  );
}
