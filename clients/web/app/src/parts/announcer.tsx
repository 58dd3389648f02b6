import { said } from "../state/announcer";

/** Always there: screen readers take up only what changes in a place that they know. */
export function Announcer() {
  return (
    <p class="hidden" role="status" aria-live="polite" data-testid="announcer">
      {said.value}
    </p>
  );
}
