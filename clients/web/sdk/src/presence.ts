/** Whether people are there, as the server told last; of whom it told nothing, nothing is known. */
import type { PersonPresence } from "./protocol";

/** What changes something returns the ids of the people of whom something else is known since. */
export class Presences {
  private readonly known = new Map<string, PersonPresence>();

  of(user: string): PersonPresence {
    return this.known.get(user) ?? { id: user, status: "unknown", last_seen: null };
  }

  get all(): PersonPresence[] {
    return [...this.known.values()];
  }

  learn(people: readonly PersonPresence[]): string[] {
    const changed = people.filter((told) => {
      const before = this.of(told.id);
      return told.status !== before.status || told.last_seen !== before.last_seen;
    });
    for (const told of changed) this.known.set(told.id, told);
    return changed.map((told) => told.id);
  }

  /** Know nothing any more: the connection that would tell is gone. */
  clear(): string[] {
    const people = [...this.known.values()].filter((one) => one.status !== "unknown");
    this.known.clear();
    return people.map((one) => one.id);
  }
}
