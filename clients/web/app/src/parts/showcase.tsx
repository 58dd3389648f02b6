/** The wide half of the sign-in page: what this is, shown rather than told. Decoration only. */
import { SentIcon } from "./icons";
import { t } from "../state/language";

export function Showcase() {
  return (
    <aside class="showcase" aria-hidden="true">
      <div class="showcase-talk">
        <p class="sample theirs">{t("auth.sample_asks")}</p>
        <p class="sample mine">
          {t("auth.sample_answers")}
          <span class="ticks">
            <SentIcon />
          </span>
        </p>
        <p class="sample theirs">{t("auth.sample_ends")}</p>
      </div>
      <p class="showcase-line">{t("auth.showcase")}</p>
    </aside>
  );
}
