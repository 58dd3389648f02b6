/** Signing in and signing up: one form with two faces, and what was wrong beside each field. */
import { ApiError } from "@parley/sdk";
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { signIn, signUp } from "../state/session";
import { Field } from "./field";
import { Logo } from "./icons";
import { Showcase } from "./showcase";

type Face = "in" | "up";
type Problems = Readonly<Record<string, string[]>>;

const FIELDS = ["username", "display_name", "password"];

/** The server's rules, said before they are broken; the server alone decides. */
const USERNAME_HINT = "3 to 32 letters, digits, dots, dashes or underscores";
const PASSWORD_HINT = "At least 8 characters";

export function Auth({ notice }: { notice: string }) {
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
      problems.value = error.fields;
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
          <h1 id="auth-title">{isUp ? "Create your account" : "Sign in"}</h1>
          {isUp && <p class="muted">It takes a name and a password.</p>}
          {notice && !general.value && (
            <p class="note" role="status">
              {notice}
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
              label="Username"
              {...(isUp && { hint: USERNAME_HINT })}
              autocomplete="username"
              problems={problems.value["username"]}
            />
            {isUp && (
              <Field
                name="display_name"
                label="Display name"
                hint="Optional: what others see"
                autocomplete="name"
                problems={problems.value["display_name"]}
              />
            )}
            <Field
              name="password"
              label="Password"
              {...(isUp && { hint: PASSWORD_HINT })}
              type="password"
              autocomplete={isUp ? "new-password" : "current-password"}
              problems={problems.value["password"]}
            />
            <button type="submit" class="button primary wide" aria-busy={isBusy.value}>
              {isBusy.value && <span class="spinner" />}
              {isUp ? "Create account" : "Sign in"}
            </button>
          </form>
          <p class="muted other-way">
            {isUp ? "Already have an account?" : "New here?"}{" "}
            <button
              type="button"
              class="link"
              onClick={() => {
                turnTo(isUp ? "in" : "up");
              }}
            >
              {isUp ? "Sign in instead" : "Create an account"}
            </button>
          </p>
        </div>
      </section>
    </main>
  );
}

function missing(text: (name: string) => string): Problems {
  return {
    ...(text("username").trim() === "" && { username: ["Enter your username."] }),
    ...(text("password") === "" && { password: ["Enter your password."] }),
  };
}

function sentence(error: ApiError): string {
  if (error.status === 401) return "That username and password do not belong together.";
  if (error.status === 429 && error.retryAfter !== null)
    return `Too many tries. Try again in ${Math.ceil(error.retryAfter)} seconds.`;
  return error.message;
}

/** Move to the first field with a problem. False where there is none. */
function focusFirst(form: HTMLFormElement | null, problems: Problems): boolean {
  const name = FIELDS.find((field) => problems[field] !== undefined);
  if (name === undefined) return false;
  form?.querySelector<HTMLInputElement>(`input[name="${name}"]`)?.focus();
  return true;
}
