/** A part of the page that is loaded when somebody wants it. */
import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import type { ComponentType } from "preact";

import { t } from "../state/language";

export interface Later<Props> {
  /** Null until it was wanted and has come. */
  part: Signal<ComponentType<Props> | null>;
  isLoading: Signal<boolean>;
  /** For people; empty while all is well. */
  error: Signal<string>;
  /** Load it; false where it does not come: then `error` says so. */
  want: () => Promise<boolean>;
}

export function useLater<Props>(load: () => Promise<ComponentType<Props>>): Later<Props> {
  const part = useSignal<ComponentType<Props> | null>(null);
  const isLoading = useSignal(false);
  const error = useSignal("");
  const want = async (): Promise<boolean> => {
    isLoading.value = true;
    error.value = "";
    try {
      part.value ??= await load();
      return true;
    } catch {
      // Neither the network nor the worker has its file: a browser says no more than that.
      error.value = t("app.not_loaded");
      return false;
    } finally {
      isLoading.value = false;
    }
  };
  return { part, isLoading, error, want };
}
