// Signs this page in to Parley, as whoever is signed in at this site.

const { me, sockets } = document.body.dataset;

let known = me; // who this page's user is at Parley: empty until they come for the first time
let asking = null;

/** The address of a WebSocket of Parley. */
export function socketUrl(path) {
  return new URL(path, sockets).href.replace(/^http/, "ws");
}

/** What this site says to Parley about who this is; null where it does not know (any more). */
export async function askToken() {
  const answer = await fetch("/chat/token");
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`no token: ${answer.status}`);
  return (await answer.json()).token;
}

/** Be signed in to Parley, as nobody else than this page's user; null where this site knows nobody. */
export function signIn() {
  asking ??= askBoth().finally(() => {
    asking = null;
  });
  return asking;
}

async function askBoth() {
  if (me === undefined && !localStorage.chatted) return null; // nobody is here, and nobody was
  const session = await currentSession();
  if (session !== null && session.user.id === known) return session;
  const token = await askToken();
  if (token === null) return leave(session);
  const body = JSON.stringify({ token, cookie: true });
  const answer = await fetch("/api/chat/auth/exchange", {
    method: "POST",
    body,
  });
  if (!answer.ok) throw new Error(`no exchange: ${answer.status}`);
  const begun = await currentSession();
  if (begun === null) throw new Error("signed in, and nobody is");
  localStorage.chatted = "yes";
  known = begun.user.id;
  return begun;
}

/** Who is signed in to Parley in this browser, which renews it; null: nobody. */
async function currentSession() {
  const answer = await fetch("/api/chat/auth/session");
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`no session: ${answer.status}`);
  return answer.json();
}

// Whoever has left this site leaves Parley, too, and no message in the browser.
async function leave(session) {
  if (session !== null) {
    const headers = { "X-CSRFToken": session.csrf_token };
    const answer = await fetch("/api/chat/auth/logout", {
      method: "POST",
      headers,
    });
    if (!answer.ok) throw new Error(`not signed out: ${answer.status}`);
  }
  indexedDB.deleteDatabase("parley");
  localStorage.removeItem("chatted");
  return null;
}
