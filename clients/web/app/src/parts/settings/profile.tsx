/** Who one is to others: a name and a picture. */
import { ApiError } from "@parley/sdk";
import type { User } from "@parley/sdk";
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { NoPicture, change, hidePicture, showPicture } from "../../state/account";
import { announce } from "../../state/announcer";
import { t } from "../../state/language";
import { problemsOf, wordsOf } from "../../state/server";
import { Avatar } from "../avatar";
import { Section } from "./section";

const PICTURES = "image/png,image/jpeg,image/webp";

export function ProfileSection({ me }: { me: User }) {
  return (
    <Section title={t("settings.profile")}>
      <Picture me={me} />
      <Name me={me} />
    </Section>
  );
}

function Picture({ me }: { me: User }) {
  const file = useRef<HTMLInputElement>(null);
  const choose = useRef<HTMLButtonElement>(null);
  const isBusy = useSignal(false);
  const error = useSignal("");
  const act = async (action: () => Promise<void>): Promise<void> => {
    if (isBusy.value) return;
    error.value = "";
    isBusy.value = true;
    try {
      await action();
      announce(t("settings.saved"));
    } catch (problem) {
      error.value = problem instanceof NoPicture ? t("settings.picture_bad") : why(problem);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <div class="picture-setting">
      <Avatar id={me.id} name={me.display_name || me.username} size="l" />
      <div>
        <input
          ref={file}
          type="file"
          hidden
          accept={PICTURES}
          data-testid="picture-file"
          onChange={(event) => {
            const [chosen] = event.currentTarget.files ?? [];
            if (chosen !== undefined) void act(() => showPicture(chosen));
            event.currentTarget.value = "";
          }}
        />
        <button
          type="button"
          class="button quiet"
          ref={choose}
          aria-describedby="picture-hint"
          aria-disabled={isBusy.value}
          onClick={() => file.current?.click()}
        >
          {isBusy.value && <span class="spinner" />}
          {t("settings.picture_choose")}
        </button>
        {me.avatar !== undefined && (
          <button
            type="button"
            class="button plain"
            disabled={isBusy.value}
            onClick={() => {
              choose.current?.focus();
              void act(hidePicture);
            }}
          >
            {t("settings.picture_remove")}
          </button>
        )}
        <p class="field-hint" id="picture-hint">
          {t("settings.picture_hint")}
        </p>
        {error.value && (
          <p class="field-error" role="alert" data-testid="picture-error">
            {error.value}
          </p>
        )}
      </div>
    </div>
  );
}

function Name({ me }: { me: User }) {
  const name = useSignal(me.display_name);
  const isBusy = useSignal(false);
  const isSaved = useSignal(false);
  const problems = useSignal<readonly string[]>([]);
  const save = async (): Promise<void> => {
    if (isBusy.value || name.value.trim() === me.display_name) return;
    isBusy.value = true;
    try {
      const { user } = await change({ display_name: name.value.trim() });
      name.value = user.display_name;
      problems.value = [];
      isSaved.value = true;
      announce(t("settings.saved"));
    } catch (problem) {
      const beside = problemsOf(problem, "display_name");
      problems.value = beside.length > 0 ? beside : [why(problem)];
    } finally {
      isBusy.value = false;
    }
  };
  const isWrong = problems.value.length > 0;
  return (
    <form
      class={isWrong ? "field name-setting is-wrong" : "field name-setting"}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label for="my-name">{t("auth.display_name")}</label>
      <div class="name-line">
        <div class="field-box">
          <input
            id="my-name"
            dir="auto"
            autocomplete="name"
            maxLength={80}
            aria-invalid={isWrong}
            aria-describedby={isWrong ? "my-name-error" : "my-name-hint"}
            value={name.value}
            onInput={(event) => {
              name.value = event.currentTarget.value;
              isSaved.value = false;
            }}
          />
        </div>
        <button
          type="submit"
          class="button quiet"
          aria-disabled={isBusy.value || name.value.trim() === me.display_name}
        >
          {t("app.save")}
        </button>
      </div>
      {isWrong ? (
        <div class="field-error" id="my-name-error" role="alert">
          {problems.value.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
        </div>
      ) : (
        <p class="field-hint" id="my-name-hint">
          {isSaved.value ? t("settings.saved") : t("settings.name_hint", { username: me.username })}
        </p>
      )}
    </form>
  );
}

/** A refusal says why; where no answer came, that is what is said. */
function why(problem: unknown): string {
  const isOutage = problem instanceof ApiError && problem.isOutage && problem.status !== 429;
  return isOutage ? t("settings.not_saved") : wordsOf(problem);
}
