/**
 * Which room the address names: `#/rooms/<id>`. The back button of a phone leads from a
 * conversation to the list, and a reload comes back to the same place.
 */
import { showRoom } from "./chat";

export function goTo(room: string | null): void {
  const hash = room === null ? "" : `#/rooms/${room}`;
  if (window.location.hash !== hash)
    window.history.pushState(null, "", hash || window.location.pathname);
  followAddress();
}

export function followAddress(): void {
  const match = /^#\/rooms\/([\w-]+)$/.exec(window.location.hash);
  showRoom(match?.[1] ?? null);
}
