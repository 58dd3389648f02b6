/** What is shown beside the open conversation: about it, or about one of its messages. */
import { signal } from "@preact/signals";

export type Panel = { name: "room" } | { name: "message"; seq: number };

export const panel = signal<Panel | null>(null);

export function closePanel(): void {
  panel.value = null;
}
