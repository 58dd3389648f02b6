/** That a new version of the page is here, for whoever wants it now. */
import { isNewVersionHere, takeNewVersion } from "../state/installed";
import { t } from "../state/language";

export function NewVersion() {
  return (
    <div class="banner-place" role="status">
      {isNewVersionHere() && (
        <p class="banner" data-testid="new-version">
          <span>{t("version.here")}</span>
          <button type="button" class="link" onClick={takeNewVersion}>
            {t("version.reload")}
          </button>
        </p>
      )}
    </div>
  );
}
