/** Who sees when one was there last. */
import type { LastSeenTo } from "@parley/sdk";

const CHOICES: readonly { to: LastSeenTo; words: string; hint: string }[] = [
  { to: "everyone", words: "Everyone", hint: "Whoever is in a conversation with you" },
  { to: "contacts", words: "My contacts", hint: "Whoever you talk to one to one" },
  { to: "nobody", words: "Nobody", hint: "" },
];

export interface LastSeenChoiceProps {
  /** Null as long as the server has not said how it is. */
  chosen: LastSeenTo | null;
  isDisabled: boolean;
  onChoose: (to: LastSeenTo) => void;
}

export function LastSeenChoice({ chosen, isDisabled, onChoose }: LastSeenChoiceProps) {
  return (
    <fieldset class="choice" aria-describedby="last-seen-hint" data-testid="last-seen">
      <legend>Last seen</legend>
      <p class="field-hint" id="last-seen-hint">
        Who can see when you were last online. You cannot see it of people you hide yours from.
      </p>
      {CHOICES.map(({ to, words, hint }) => (
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
            {words}
            {hint && <span class="field-hint">{hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
