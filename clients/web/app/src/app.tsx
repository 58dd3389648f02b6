/** The page: one of sign-in, the chat, or why there is neither. */
import { Announcer } from "./parts/announcer";
import { Auth } from "./parts/auth";
import { Banner } from "./parts/banner";
import { Conversation, NoConversation } from "./parts/conversation";
import { Logo } from "./parts/icons";
import { NewVersion } from "./parts/new-version";
import { Panel } from "./parts/panel";
import { Sidebar } from "./parts/sidebar";
import { openRoom } from "./state/chat";
import { phase, resume } from "./state/session";
import { t, translated } from "./state/language";

export function App() {
  const now = phase.value;
  switch (now.name) {
    case "unknown":
      return (
        <main class="splash" aria-busy="true" aria-label={t("app.loading")}>
          <Logo />
        </main>
      );
    case "unreachable":
      return (
        <main class="splash" data-testid="unreachable">
          <Logo />
          <h1>{t("app.unreachable")}</h1>
          <p role="alert">{translated(now.reason)}</p>
          <button type="button" class="button primary" onClick={() => void resume()}>
            {t("app.try_again")}
          </button>
        </main>
      );
    case "signed_out":
      return <Auth notice={now.notice} />;
    case "signed_in": {
      const open = openRoom.value;
      return (
        <div class={open === null ? "chat" : "chat has-open-room"} data-testid="chat">
          <Announcer />
          <Banner />
          <NewVersion />
          <Sidebar me={now.me} />
          {open === null ? <NoConversation /> : <Conversation key={open} room={open} />}
          <Panel />
        </div>
      );
    }
  }
}
