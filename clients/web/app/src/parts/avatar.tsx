import type { PersonPresence } from "@parley/sdk";

import { hueOf, initialsOf } from "../format";

export interface AvatarProps {
  id: string;
  name: string;
  size?: "s" | "m" | "l";
  /** A dot shows whether they are there: whoever wants it gives the words besides. */
  status?: PersonPresence["status"] | undefined;
}

/** Initials on the person's own colour. `id` decides the colour, so a renamed person keeps it. */
export function Avatar({ id, name, size = "m", status }: AvatarProps) {
  const isThere = status === "online" || status === "away";
  return (
    <span class={`avatar size-${size} hue-${hueOf(id)}`} aria-hidden="true">
      {initialsOf(name)}
      {isThere && <i class={`dot is-${status}`} data-testid="dot" data-status={status} />}
    </span>
  );
}
