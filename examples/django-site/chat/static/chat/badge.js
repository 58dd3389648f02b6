// How much is unread, on every page. On a page of nobody it ends what the browser still has at Parley.

import { signIn, socketUrl } from "./parley.js";

const RENEW_MS = 5 * 60_000;
let attempt = 0;
let waiting = null;

async function connect() {
  clearTimeout(waiting);
  waiting = null;
  try {
    if ((await signIn()) === null) return show(0);
  } catch {
    return later();
  }
  listen(new WebSocket(socketUrl("/ws/notifications/")));
}

function listen(socket) {
  let beat;
  let heard;
  let announced;
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    heard = true;
    if (frame.type === "welcome") {
      attempt = 0;
      beat = setInterval(ping, frame.heartbeat_s * 1000);
    }
    if (frame.type === "reconnect") announced = frame.after_ms;
    if ("unread_total" in frame) show(frame.unread_total);
  };
  socket.onclose = () => {
    clearInterval(beat);
    later(announced);
  };

  function ping() {
    if (!heard) return socket.close();
    heard = false;
    socket.send('{"type":"ping"}');
  }
}

// Twice as long after each try, and not all at once.
function later(ms) {
  attempt += 1;
  const ladder = Math.min(2 ** attempt, 60) * 1000 * (0.5 + Math.random() / 2);
  waiting = setTimeout(connect, ms ?? ladder);
}

function hurry() {
  if (waiting !== null && document.visibilityState === "visible")
    void connect();
}

function show(unread) {
  const badge = document.querySelector("#unread");
  if (badge !== null) badge.textContent = unread || "";
}

addEventListener("online", hurry);
document.addEventListener("visibilitychange", hurry);
setInterval(() => signIn().catch(() => null), RENEW_MS);
void connect();
