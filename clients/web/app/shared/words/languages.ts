/** The languages that there are, and which of them somebody reads. */
import { en } from "./en";
import type { Catalogue, Language } from "./words";
import { directionOf } from "./words";

/** Sentences of the server by the English one; `{}` stands for what the server puts into one. */
export type Sentences = Readonly<Record<string, string>>;

interface Loaded {
  catalogue: Catalogue;
  sentences: Sentences;
}

/** By tag, each under its own name, as whoever looks for it knows it. */
export const LANGUAGES: Readonly<Record<string, string>> = { en: "English", de: "Deutsch" };

/** English from right to left, to see by that nothing of the page depends on the direction. */
export const PSEUDO = "ar-XB";

const LOADERS: Readonly<Record<string, () => Promise<Loaded>>> = {
  de: async () => {
    const { de, sentences } = await import("./de");
    return { catalogue: de, sentences };
  },
  [PSEUDO]: async () => {
    const { mirrored } = await import("./pseudo");
    return { catalogue: mirrored(en), sentences: {} };
  },
};

export const ENGLISH: Language & { sentences: Sentences } = {
  tag: "en",
  locale: "en",
  direction: "ltr",
  catalogue: en,
  sentences: {},
};

/**
 * The language to speak: the chosen one, or else the first of the browser's that there is.
 *
 * @param wanted tags, the most wanted first. Regional ones count for their language.
 */
export function tagFor(chosen: string, wanted: readonly string[]): string {
  const isThere = (tag: string): boolean => tag in LANGUAGES || tag in LOADERS;
  if (isThere(chosen)) return chosen;
  return wanted.map((tag) => tag.split("-")[0] ?? "").find((tag) => tag in LANGUAGES) ?? "en";
}

/**
 * A language, with its catalogue. Raises where that cannot be loaded.
 *
 * @param wanted as above: who reads English in Britain has British dates.
 */
export async function load(tag: string, wanted: readonly string[]): Promise<typeof ENGLISH> {
  const regional = wanted.find((one) => one.split("-")[0] === tag) ?? tag;
  const { catalogue, sentences } = (await LOADERS[tag]?.()) ?? ENGLISH;
  return { tag, locale: regional, direction: directionOf(tag), catalogue, sentences };
}
