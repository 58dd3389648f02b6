/**
 * What is shown beside the open conversation: about it, or about one of its messages.
 *
 * It has a place of its own in the history of the page: on a phone it fills the screen, and the back
 * button leads from it to the conversation.
 */
import { signal } from "@preact/signals";

export type Panel = { name: "room" } | { name: "message"; seq: number };

export const panel = signal<Panel | null>(null);

export function openPanel(next: Panel): void {
  if (panel.value === null) window.history.pushState({ isPanel: true }, "");
  panel.value = next;
}

/** Somebody is done with it. */
export function leavePanel(): void {
  if (isItsPlace()) window.history.back();
  else closePanel();
}

/** What it is about is not shown any more. */
export function closePanel(): void {
  panel.value = null;
}

/** Somebody went back, or forth. */
export function followHistory(): void {
  if (!isItsPlace()) closePanel();
}

function isItsPlace(): boolean {
  return (window.history.state as { isPanel?: boolean } | null)?.isPanel === true;
}
