/**
 * English that runs from right to left, for looking at the page without reading Arabic.
 *
 * Source: Unicode CLDR, pseudo-locales (ar-XB).
 */
import type { Catalogue, Plural } from "./words";
import { piecesOf } from "./words";

/** Each piece of text is told to run from right to left; the values between are left alone. */
export function mirrored(catalogue: Catalogue): Catalogue {
  const all = Object.entries(catalogue).map(([key, message]) => [
    key,
    typeof message === "string" ? turned(message) : turnedForms(message),
  ]);
  return Object.fromEntries(all) as Catalogue;
}

function turnedForms(forms: Plural): Plural {
  return Object.fromEntries(
    Object.entries(forms).map(([form, text]) => [form, turned(text)]),
  ) as Plural;
}

function turned(text: string): string {
  return piecesOf(text)
    .map((piece, index) => (index % 2 === 0 ? turnedPiece(piece) : `{${piece}}`))
    .join("");
}

/** The marks stand inside the spaces around, which belong to the sentence. */
function turnedPiece(piece: string): string {
  return piece.replace(/\S(?:.*\S)?/su, (inner) => `\u202e${inner}\u202c`);
}
