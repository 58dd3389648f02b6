/** Typed events. A listener that throws takes nobody else down: its error is rethrown later. */
import type { Cancel } from "./environment";

export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<(value: never) => void>>();

  /** Hear every later `name`; the returned function ends it. */
  on<K extends keyof Events>(name: K, listener: (value: Events[K]) => void): Cancel {
    const set = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, set.add(listener));
    return () => set.delete(listener);
  }

  protected emit<K extends keyof Events>(name: K, value: Events[K]): void {
    for (const listener of this.listeners.get(name) ?? []) {
      try {
        (listener as (value: Events[K]) => void)(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
