/** That a new version of the page is here, for whoever wants it now. */
import { useEffect } from "preact/hooks";

import { announce } from "../state/announcer";
import { isNewVersionHere, takeNewVersion } from "../state/installed";
import { t } from "../state/language";

export function NewVersion() {
  const isHere = isNewVersionHere();
  useEffect(() => {
    if (isHere) announce(t("version.here"));
  }, [isHere]);
  return (
    <div class="banner-place">
      {isHere && (
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
