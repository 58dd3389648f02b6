/** The wide half of the sign-in page: what this is, shown rather than told. Decoration only. */
import { SentIcon } from "./icons";

export function Showcase() {
  return (
    <aside class="showcase" aria-hidden="true">
      <div class="showcase-talk">
        <p class="sample theirs">Did the release go out?</p>
        <p class="sample mine">
          Ten minutes ago, from our own server.
          <span class="ticks">
            <SentIcon />
          </span>
        </p>
        <p class="sample theirs">Nobody noticed. Perfect.</p>
      </div>
      <p class="showcase-line">
        Your team’s conversations,
        <br />
        on your own server.
      </p>
    </aside>
  );
}
