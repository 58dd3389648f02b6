/** The HTTP side of the server, for what is no part of a conversation: sign-in, groups, settings. */
import { ApiError } from "@parley/sdk";
import { browserApi } from "@parley/sdk/browser";
import { translated } from "./language";

export const api = browserApi();

/** What to say of a call that failed; what is no answer of the server is a bug and raised again. */
export function wordsOf(problem: unknown): string {
  if (problem instanceof ApiError) return translated(problem.message);
  throw problem;
}

/** What was wrong with one field of a form. */
export function problemsOf(problem: unknown, field: string): string[] {
  return problem instanceof ApiError ? (problem.fields[field] ?? []).map(translated) : [];
}

/** What was wrong with each field of a form. */
export function translatedFields({ fields }: ApiError): Record<string, string[]> {
  const all = Object.entries(fields).map(([name, said]) => [name, said.map(translated)]);
  return Object.fromEntries(all) as Record<string, string[]>;
}
