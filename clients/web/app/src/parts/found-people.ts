/** Whoever is found by what stands in a field, once it rests. */
import type { User } from "@parley/sdk";
import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { findPeople } from "../state/chat";
import { wordsOf } from "../state/server";

/** Long enough that a word is typed to its end, short enough to feel immediate. */
const TYPING_PAUSE_MS = 200;

export interface FoundPeople {
  /** Null before the first answer, and where nothing is sought. The last ones stay meanwhile. */
  people: Signal<readonly User[] | null>;
  /** Why there was no answer, for people. */
  error: Signal<string>;
}

export function useFoundPeople(sought: string): FoundPeople {
  const people = useSignal<readonly User[] | null>(null);
  const error = useSignal("");
  useEffect(() => {
    let isCurrent = true;
    if (!sought) {
      people.value = null;
      return;
    }
    const timer = setTimeout(() => {
      findPeople(sought).then(
        (found) => {
          if (!isCurrent) return;
          people.value = found;
          error.value = "";
        },
        (problem: unknown) => {
          if (isCurrent) error.value = wordsOf(problem);
        },
      );
    }, TYPING_PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [sought]);
  return { people, error };
}
