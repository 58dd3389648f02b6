/**
 * Saying something in a language, by its key in the catalogue. No state: who speaks, and how, is given.
 */
import type { en } from "./en";

/** A sentence for each plural form that a language has; `other` is the one for what is left. */
export type Plural = Readonly<{ other: string } & Partial<Record<Intl.LDMLPluralRule, string>>>;

export type Key = keyof typeof en;

/** Every key has something to say, and what depends on a number does so everywhere. */
export type Catalogue = Readonly<{
  [K in Key]: (typeof en)[K] extends string ? string : Plural;
}>;

type TemplateOf<K extends Key> = (typeof en)[K] extends { other: infer Other }
  ? Other
  : (typeof en)[K];
type NamesIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;
/** The places that a sentence has for values. */
export type PlacesIn<K extends Key> = NamesIn<TemplateOf<K>>;
/** The keys of sentences without places. */
export type PlainKey = { [K in Key]: [PlacesIn<K>] extends [never] ? K : never }[Key];
export type Values = Readonly<Record<string, string | number>>;
/** Nothing where the sentence has no places. */
export type ValuesFor<K extends Key> = [PlacesIn<K>] extends [never]
  ? []
  : [Readonly<Record<PlacesIn<K>, string | number>>];

export interface Language {
  /** BCP 47, as `Intl` and `<html lang>` take it. */
  tag: string;
  /** How dates and numbers are written: the same language, as people in the reader's country do. */
  locale: string;
  direction: "ltr" | "rtl";
  catalogue: Catalogue;
}

const PLACE = /\{(\w+)\}/;
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);
const TURNS_RIGHT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const TURNS_LEFT = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u;

export function directionOf(tag: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.has(new Intl.Locale(tag).language) ? "rtl" : "ltr";
}

/** The sentence with its places still open. */
export function templateOf<K extends Key>(language: Speaking<K>, key: K, count?: number): string {
  const message: string | Plural = language.catalogue[key];
  if (typeof message === "string") return message;
  const form = pluralsOf(language.locale).select(count ?? 0);
  return message[form] ?? message.other;
}

/** The pieces of a template: text at even places, the names of places at odd ones. */
export function piecesOf(template: string): string[] {
  return template.split(PLACE);
}

/** A language of which only some is needed. */
export type Speaking<K extends Key> = Omit<Language, "catalogue"> & {
  catalogue: Pick<Catalogue, K>;
};

/** A sentence as plain text. A value that runs the other way is kept from turning what is around it. */
export function say<K extends Key>(language: Speaking<K>, key: K, values: Values = {}): string {
  const { count } = values;
  return piecesOf(templateOf(language, key, typeof count === "number" ? count : undefined))
    .map((piece, index) => (index % 2 === 0 ? piece : valueOf(language, values[piece])))
    .join("");
}

function valueOf(language: Speaking<never>, value: string | number | undefined): string {
  if (typeof value === "number") return numbersOf(language.locale).format(value);
  return value === undefined ? "" : isolated(value, language.direction);
}

/** Source: UAX #9, explicit directional isolates. */
export function isolated(text: string, around: "ltr" | "rtl"): string {
  const isOther = around === "ltr" ? TURNS_RIGHT : TURNS_LEFT;
  return isOther.test(text) ? `\u2068${text}\u2069` : text;
}

const plurals = new Map<string, Intl.PluralRules>();
const numbers = new Map<string, Intl.NumberFormat>();

function pluralsOf(locale: string): Intl.PluralRules {
  return held(plurals, locale, () => new Intl.PluralRules(locale));
}

function numbersOf(locale: string): Intl.NumberFormat {
  return held(numbers, locale, () => new Intl.NumberFormat(locale));
}

function held<T>(all: Map<string, T>, locale: string, make: () => T): T {
  const one = all.get(locale) ?? make();
  all.set(locale, one);
  return one;
}
