/** A sentence of which some places hold elements. */
import type { ComponentChildren } from "preact";

import { language } from "../state/language";
import { piecesOf, templateOf } from "../../shared/words/words";
import type { Key, PlacesIn } from "../../shared/words/words";

export type WordsProps<K extends Key> = { of: K } & Record<PlacesIn<K>, ComponentChildren>;

export function Words<K extends Key>(props: WordsProps<K>) {
  const places = props as unknown as Readonly<Record<string, ComponentChildren>>;
  return (
    <>
      {piecesOf(templateOf(language.value, props.of)).map((piece, index) =>
        index % 2 === 0 ? piece : places[piece],
      )}
    </>
  );
}
