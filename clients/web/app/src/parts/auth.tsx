/** Signing in and signing up: one form with two faces, and what was wrong beside each field. */
import { ApiError } from "@parley/sdk";
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { signIn, signUp } from "../state/session";
import { Field } from "./field";
import { Logo } from "./icons";
import { Showcase } from "./showcase";
import { t, translated } from "../state/language";
import { translatedFields } from "../state/server";
import type { PlainKey } from "../../shared/words/words";

type Face = "in" | "up";
type Problems = Readonly<Record<string, string[]>>;

const FIELDS = ["username", "display_name", "password"];

/** @param notice why somebody is here who was signed in. */
export function Auth({ notice }: { notice: PlainKey | null }) {
  const face = useSignal<Face>("in");
  const isBusy = useSignal(false);
  const problems = useSignal<Problems>({});
  const general = useSignal("");
  const form = useRef<HTMLFormElement>(null);

  const turnTo = (next: Face): void => {
    face.value = next;
    problems.value = {};
    general.value = "";
    form.current?.querySelector("input")?.focus();
  };

  const submit = async (target: HTMLFormElement): Promise<void> => {
    if (isBusy.value) return;
    const data = new FormData(target);
    const text = (name: string): string => {
      const value = data.get(name);
      return typeof value === "string" ? value : "";
    };
    problems.value = missing(text);
    general.value = "";
    if (focusFirst(form.current, problems.value)) return;
    isBusy.value = true;
    try {
      const [username, password] = [text("username").trim(), text("password")];
      if (face.value === "in") await signIn(username, password);
      else await signUp(username, password, text("display_name").trim());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problems.value = translatedFields(error);
      const isBeside = FIELDS.some((name) => error.fields[name] !== undefined);
      general.value = isBeside ? "" : sentence(error);
      focusFirst(form.current, error.fields);
    } finally {
      isBusy.value = false;
    }
  };

  const isUp = face.value === "up";
  return (
    <main class="auth">
      <Showcase />
      <section class="auth-panel" aria-labelledby="auth-title">
        <div class="auth-card">
          <p class="brand">
            <Logo /> Parley
          </p>
          <h1 id="auth-title">{t(isUp ? "auth.create_title" : "auth.sign_in")}</h1>
          {isUp && <p class="muted">{t("auth.create_lead")}</p>}
          {notice && !general.value && (
            <p class="note" role="status">
              {t(notice)}
            </p>
          )}
          {general.value && (
            <p class="note is-error" role="alert" data-testid="form-error">
              {general.value}
            </p>
          )}
          <form
            ref={form}
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              void submit(event.currentTarget);
            }}
          >
            <Field
              name="username"
              label={t("auth.username")}
              {...(isUp && { hint: t("auth.username_hint") })}
              autocomplete="username"
              problems={problems.value["username"]}
            />
            {isUp && (
              <Field
                name="display_name"
                label={t("auth.display_name")}
                hint={t("auth.display_name_hint")}
                autocomplete="name"
                problems={problems.value["display_name"]}
              />
            )}
            <Field
              name="password"
              label={t("auth.password")}
              {...(isUp && { hint: t("auth.password_hint") })}
              type="password"
              autocomplete={isUp ? "new-password" : "current-password"}
              problems={problems.value["password"]}
            />
            <button type="submit" class="button primary wide" aria-busy={isBusy.value}>
              {isBusy.value && <span class="spinner" />}
              {t(isUp ? "auth.create" : "auth.sign_in")}
            </button>
          </form>
          <p class="muted other-way">
            {t(isUp ? "auth.have_account" : "auth.new_here")}{" "}
            <button
              type="button"
              class="link"
              onClick={() => {
                turnTo(isUp ? "in" : "up");
              }}
            >
              {t(isUp ? "auth.sign_in_instead" : "auth.create_instead")}
            </button>
          </p>
        </div>
      </section>
    </main>
  );
}

function missing(text: (name: string) => string): Problems {
  return {
    ...(text("username").trim() === "" && { username: [t("auth.enter_username")] }),
    ...(text("password") === "" && { password: [t("auth.enter_password")] }),
  };
}

function sentence(error: ApiError): string {
  if (error.status === 401) return t("auth.wrong");
  if (error.status === 429 && error.retryAfter !== null)
    return t("auth.too_many", { count: Math.ceil(error.retryAfter) });
  return translated(error.message);
}

/** Move to the first field with a problem. False where there is none. */
function focusFirst(form: HTMLFormElement | null, problems: Problems): boolean {
  const name = FIELDS.find((field) => problems[field] !== undefined);
  if (name === undefined) return false;
  form?.querySelector<HTMLInputElement>(`input[name="${name}"]`)?.focus();
  return true;
}
