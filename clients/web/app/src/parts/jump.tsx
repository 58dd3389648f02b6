/** Going to a day of the conversation, however long it is. */
import { goToDate } from "../state/chat";
import { t } from "../state/language";
import { leavePanel } from "../state/panel";

export function Jump() {
  return (
    <form
      class="jump-form"
      onSubmit={(event) => {
        event.preventDefault();
        const written = new FormData(event.currentTarget).get("day");
        if (typeof written !== "string" || written === "") return;
        leavePanel();
        // Without a time of day it would be midnight in London.
        void goToDate(new Date(`${written}T00:00`));
      }}
    >
      <label for="jump-day">{t("history.jump")}</label>
      <div class="name-line">
        <div class="field-box">
          <input id="jump-day" type="date" name="day" required max={todayWritten()} />
        </div>
        <button type="submit" class="button quiet">
          {t("history.go")}
        </button>
      </div>
    </form>
  );
}

/** As such a field writes a day, where the reader is. */
function todayWritten(): string {
  const now = new Date();
  const [month, day] = [now.getMonth() + 1, now.getDate()].map((part) =>
    String(part).padStart(2, "0"),
  );
  return `${now.getFullYear()}-${month}-${day}`;
}
