import { hueOf, initialsOf } from "../format";

/** Initials on the person's own colour. `id` decides the colour, so a renamed person keeps it. */
export function Avatar({ id, name, size = "m" }: { id: string; name: string; size?: "s" | "m" }) {
  return (
    <span class={`avatar size-${size} hue-${hueOf(id)}`} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}
