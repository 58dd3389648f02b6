/** That a new version of the page is here, for whoever wants it now. */
import { isNewVersionHere, takeNewVersion } from "../state/installed";

export function NewVersion() {
  return (
    <div class="banner-place" role="status">
      {isNewVersionHere() && (
        <p class="banner" data-testid="new-version">
          <span>A new version of Parley is here.</span>
          <button type="button" class="link" onClick={takeNewVersion}>
            Reload
          </button>
        </p>
      )}
    </div>
  );
}
