/** Opening a group: its name, and who is in it. What was wrong stands beside each field. */
import type { User } from "@parley/sdk";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { openGroup } from "../state/groups";
import { goTo } from "../state/location";
import { problemsOf, wordsOf } from "../state/server";
import { Announcer } from "./announcer";
import { Field } from "./field";
import { PeoplePicker } from "./people-picker";
import { t } from "../state/language";

const NOBODY: ReadonlySet<string> = new Set();

export function NewGroup({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const chosen = useSignal<readonly User[]>([]);
  const problems = useSignal<Readonly<Record<string, string[]>>>({});
  const general = useSignal("");
  const isBusy = useSignal(false);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  const submit = async (form: HTMLFormElement): Promise<void> => {
    if (isBusy.value) return;
    const written = new FormData(form).get("name");
    const name = typeof written === "string" ? written.trim() : "";
    general.value = "";
    problems.value = name === "" ? { name: [t("group.name_missing")] } : {};
    if (name === "") return;
    isBusy.value = true;
    try {
      const room = await openGroup(
        name,
        chosen.value.map(({ id }) => id),
      );
      onClose();
      goTo(room);
    } catch (problem) {
      problems.value = {
        name: problemsOf(problem, "name"),
        members: problemsOf(problem, "members"),
      };
      const isBeside = Object.values(problems.value).some((all) => all.length > 0);
      const words = wordsOf(problem);
      general.value = isBeside ? "" : words;
    } finally {
      isBusy.value = false;
    }
  };

  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="new-group-title"
      data-testid="new-group"
      onClose={onClose}
    >
      <Announcer />
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <h2 id="new-group-title">{t("group.new")}</h2>
        {general.value && (
          <p class="note is-error" role="alert">
            {general.value}
          </p>
        )}
        <Field
          name="name"
          label={t("group.name")}
          autocomplete="off"
          problems={problems.value["name"]}
        />
        <div class="field">
          <p class="label">{t("group.members")}</p>
          <PeoplePicker chosen={chosen} besides={NOBODY} />
          {problems.value["members"]?.map((problem) => (
            <p key={problem} class="field-error" role="alert">
              {problem}
            </p>
          ))}
        </div>
        <footer class="dialog-foot">
          <button
            type="button"
            class="button plain"
            onClick={() => {
              dialog.current?.close();
            }}
          >
            {t("app.cancel")}
          </button>
          <button type="submit" class="button primary" aria-busy={isBusy.value}>
            {isBusy.value && <span class="spinner" />}
            {t("group.create")}
          </button>
        </footer>
      </form>
    </dialog>
  );
}
