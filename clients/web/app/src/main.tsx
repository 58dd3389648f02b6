import { effect } from "@preact/signals";
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
import { followHistory } from "./state/panel";
import { phase, resume } from "./state/session";
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
effect(() => {
  if (phase.value.name === "signed_in") followAddress();
});
window.addEventListener("popstate", () => {
  followAddress();
  followHistory();
});
document.addEventListener("visibilitychange", drawWhatWaits);
followTheDays();
followUnfinished();
void begin();
if (import.meta.env.PROD) void install();
