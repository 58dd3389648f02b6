import { useSignal } from "@preact/signals";

import { EyeIcon, EyeOffIcon } from "./icons";
import { t } from "../state/language";

export interface FieldProps {
  name: string;
  label: string;
  hint?: string;
  type?: "text" | "password";
  autocomplete: string;
  problems?: string[] | undefined;
}

/** One labelled input with its hint and its problems, tied together for screen readers. */
export function Field({ name, label, hint, type = "text", autocomplete, problems }: FieldProps) {
  const isShown = useSignal(false);
  const isWrong = problems !== undefined && problems.length > 0;
  const describedBy = isWrong ? `${name}-error` : hint && `${name}-hint`;
  const kind =
    type === "password" && !isShown.value
      ? ({ type: "password" } as const)
      : ({ type: "text" } as const);
  return (
    <div class={isWrong ? "field is-wrong" : "field"}>
      <label for={name}>{label}</label>
      <div class="field-box">
        <input
          id={name}
          name={name}
          {...kind}
          autocomplete={autocomplete}
          autocapitalize="none"
          spellcheck={false}
          aria-invalid={isWrong}
          {...(describedBy && { "aria-describedby": describedBy })}
        />
        {type === "password" && (
          <button
            type="button"
            class="icon-button"
            aria-label={t(isShown.value ? "auth.hide_password" : "auth.show_password")}
            aria-pressed={isShown.value}
            onClick={() => (isShown.value = !isShown.value)}
          >
            {isShown.value ? <EyeOffIcon /> : <EyeIcon />}
          </button>
        )}
      </div>
      {isWrong ? (
        <div class="field-error" id={`${name}-error`} data-testid={`${name}-error`}>
          {problems.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
        </div>
      ) : (
        hint && (
          <p class="field-hint" id={`${name}-hint`}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}
