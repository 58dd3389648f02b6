import { computed, effect, untracked } from "@preact/signals";
import { render } from "preact";

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/auth.css";
import "./styles/sidebar.css";
import "./styles/conversation.css";
import "./styles/settings.css";
import "./styles/panel.css";
import { App } from "./app";
import { drawWhatWaits, unreadTotal } from "./state/chat";
import { install } from "./state/installed";
import { followLanguage, speak, t } from "./state/language";
import { followAddress } from "./state/location";
import { followNotices } from "./state/notices";
import { followHistory } from "./state/panel";
import { resume, whoIsMe } from "./state/session";
import { renew } from "./state/subscription";
import { followTheme } from "./state/theme";
import { followTheDays } from "./state/today";
import { followUnfinished } from "./state/unfinished";

async function begin(): Promise<void> {
  followTheme();
  followLanguage();
  const asked = resume();
  // Nothing is drawn in a language that another one would replace.
  await speak();
  const root = document.getElementById("app");
  if (root !== null) render(<App />, root);
  await asked;
}

effect(() => {
  const count = unreadTotal.value;
  document.title = count > 0 ? t("app.title_unread", { count }) : t("app.title");
});
const me = computed(whoIsMe);
effect(() => {
  if (me.value === "") return;
  // What these look at changes by what they do.
  untracked(followAddress);
  untracked(() => void renew());
});
window.addEventListener("popstate", () => {
  followAddress();
  followHistory();
});
document.addEventListener("visibilitychange", drawWhatWaits);
followTheDays();
followNotices();
followUnfinished();
void begin();
if (import.meta.env.PROD) void install();
