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
import { followAddress } from "./state/location";
import { followHistory } from "./state/panel";
import { phase, resume } from "./state/session";
import { followTheDays } from "./state/today";
import { followUnfinished } from "./state/unfinished";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);

effect(() => {
  const unread = unreadTotal.value;
  document.title = unread > 0 ? `(${unread}) Parley` : "Parley";
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
void resume();
if (import.meta.env.PROD) void install();
