/** Asking the server for something a settings page needs, and saying where that did not work. */
import { ApiError } from "@parley/sdk";
import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";

import { t } from "../../state/language";
import type { PlainKey } from "../../../shared/words/words";

export interface Asking {
  isBusy: Signal<boolean>;
  /** For people; empty while all is well. */
  error: Signal<string>;
  /** Null where there was no answer, or a refusal: then `error` says so. */
  ask: <T>(call: () => Promise<T>, otherwise: PlainKey) => Promise<T | null>;
}

export function useAsking(): Asking {
  const isBusy = useSignal(false);
  const error = useSignal("");
  const ask = async <T>(call: () => Promise<T>, otherwise: PlainKey): Promise<T | null> => {
    error.value = "";
    isBusy.value = true;
    try {
      return await call();
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      error.value = t(otherwise);
      return null;
    } finally {
      isBusy.value = false;
    }
  };
  return { isBusy, error, ask };
}
