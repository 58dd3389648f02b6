/** A part of the settings under its own heading, and the kinds of settings that there are. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <section class="settings-section" aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {children}
    </section>
  );
}

export interface SwitchProps {
  name: string;
  words: string;
  hint: string;
  isOn: boolean;
  isDisabled?: boolean;
  /** What it shows afterwards is for whoever keeps it to say. */
  onChange: (isOn: boolean) => void;
}

export function Switch({ name, words, hint, isOn, isDisabled = false, onChange }: SwitchProps) {
  const id = useId();
  return (
    <label class="setting">
      <span>
        <span id={`${id}-words`}>{words}</span>
        <span class="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      </span>
      <input
        type="checkbox"
        role="switch"
        class="switch"
        aria-labelledby={`${id}-words`}
        aria-describedby={`${id}-hint`}
        data-testid={name}
        checked={isOn}
        disabled={isDisabled}
        onChange={(event) => {
          const box = event.currentTarget;
          const wanted = box.checked;
          box.checked = isOn;
          onChange(wanted);
        }}
      />
    </label>
  );
}

export interface ChoiceProps {
  name: string;
  words: string;
  /** By value, in the order in which they are offered. */
  options: readonly (readonly [value: string, words: string])[];
  chosen: string;
  onChoose: (value: string) => void;
}

export function Choice({ name, words, options, chosen, onChoose }: ChoiceProps) {
  return (
    <label class="setting">
      <span>{words}</span>
      <select
        data-testid={name}
        value={chosen}
        onChange={(event) => {
          onChoose(event.currentTarget.value);
        }}
      >
        {options.map(([value, said]) => (
          <option key={value} value={value} selected={value === chosen}>
            {said}
          </option>
        ))}
      </select>
    </label>
  );
}
