/**
 * The language that the page speaks: the browser's, or the one that somebody chose here.
 *
 * Whoever says something by `t` is drawn anew when the language is another one.
 */
import { computed, effect, signal } from "@preact/signals";

import { ENGLISH, load, tagFor } from "../../shared/words/languages";
import { say } from "../../shared/words/words";
import type { Key, ValuesFor } from "../../shared/words/words";
import { followKept, forget, keep, kept } from "./kept";

const KEY = "language";

export const language = signal(ENGLISH);
/** The tag that was chosen on this device; empty where it is the browser's. */
export const chosenLanguage = signal(kept(KEY));

export function t<K extends Key>(key: K, ...values: ValuesFor<K>): string {
  return say(language.value, key, values[0]);
}

const templates = computed(() =>
  Object.entries(language.value.sentences).map(([english, translated]) => {
    const pieces = english.split("{}").map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return [new RegExp(`^${pieces.join("(.+)")}$`, "s"), translated] as const;
  }),
);

/** What the server said, in the page's language where that knows it. */
export function translated(sentence: string): string {
  for (const [pattern, words] of templates.value) {
    const found = pattern.exec(sentence);
    if (found !== null) return words.replace("{}", () => found[1] ?? "");
  }
  return sentence;
}

/** Speak what is chosen. Without a network, and where it is not kept, the page stays as it is. */
export async function speak(): Promise<void> {
  const wanted = navigator.languages;
  const tag = tagFor(chosenLanguage.value, wanted);
  const next = await load(tag, wanted).catch(() => null);
  if (next !== null && tagFor(chosenLanguage.value, wanted) === tag) language.value = next;
}

/** @param tag empty for the browser's own. */
export async function chooseLanguage(tag: string): Promise<void> {
  chosenLanguage.value = tag;
  if (tag === "") forget(KEY);
  else keep(KEY, tag);
  await speak();
}

/** The page says which language it is in, for screen readers, hyphens and its own direction. */
export function followLanguage(): void {
  followKept(KEY, (tag) => {
    chosenLanguage.value = tag;
    void speak();
  });
  effect(() => {
    const { tag, direction } = language.value;
    document.documentElement.lang = tag;
    document.documentElement.dir = direction;
  });
}
