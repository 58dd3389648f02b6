import type { PersonPresence } from "@parley/sdk";
import { useSignal } from "@preact/signals";

import { hueOf, initialsOf } from "../format";
import { pictureOf } from "../state/client";

export interface AvatarProps {
  id: string;
  name: string;
  size?: "s" | "m" | "l";
  /** A dot shows whether they are there: whoever wants it gives the words besides. */
  status?: PersonPresence["status"] | undefined;
  /** A group has no picture. */
  isGroup?: boolean;
}

/**
 * Somebody's picture, or initials on the person's own colour. `id` decides the colour, so a renamed
 * person keeps it.
 */
export function Avatar({ id, name, size = "m", status, isGroup = false }: AvatarProps) {
  const isThere = status === "online" || status === "away";
  const picture = isGroup ? undefined : pictureOf(id);
  return (
    <span class={`avatar size-${size} hue-${hueOf(id)}`} aria-hidden="true">
      {initialsOf(name)}
      {picture !== undefined && <Picture key={picture} id={id} version={picture} />}
      {isThere && <i class={`dot is-${status}`} data-testid="dot" data-status={status} />}
    </span>
  );
}

/** Over the initials, which are what is seen until it is there, and where it does not come. */
function Picture({ id, version }: { id: string; version: string }) {
  const isMissing = useSignal(false);
  if (isMissing.value) return null;
  return (
    <img
      src={`/api/chat/users/${id}/avatar?v=${version}`}
      alt=""
      loading="lazy"
      decoding="async"
      data-testid="picture"
      onError={() => (isMissing.value = true)}
    />
  );
}
