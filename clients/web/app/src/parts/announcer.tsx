import { said } from "../state/announcer";

/**
 * Always there: screen readers take up only what changes in a place that they know. A dialog has one of
 * its own, because nothing outside it is there as long as it is open.
 */
export function Announcer() {
  return (
    <p class="hidden" role="status" aria-live="polite" data-testid="announcer">
      {said.value}
    </p>
  );
}
