/** Who sees when one was there last. */
import type { LastSeenTo } from "@parley/sdk/account";

import { t } from "../../state/language";

const CHOICES = [
  { to: "everyone", hint: "settings.everyone_hint" },
  { to: "contacts", hint: "settings.contacts_hint" },
  { to: "nobody", hint: null },
] as const;

export interface LastSeenChoiceProps {
  /** Null as long as the server has not said how it is. */
  chosen: LastSeenTo | null;
  isDisabled: boolean;
  onChoose: (to: LastSeenTo) => void;
}

export function LastSeenChoice({ chosen, isDisabled, onChoose }: LastSeenChoiceProps) {
  return (
    <fieldset class="choice" aria-describedby="last-seen-hint" data-testid="last-seen">
      <legend>{t("settings.last_seen")}</legend>
      <p class="field-hint" id="last-seen-hint">
        {t("settings.last_seen_hint")}
      </p>
      {CHOICES.map(({ to, hint }) => (
        <label key={to}>
          <input
            type="radio"
            name="last-seen"
            value={to}
            checked={to === chosen}
            disabled={isDisabled}
            onChange={() => {
              onChoose(to);
            }}
          />
          <span>
            {t(`settings.${to}`)}
            {hint && <span class="field-hint">{t(hint)}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
