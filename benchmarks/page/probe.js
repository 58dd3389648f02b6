// Notes, in `window.paints`, with which frame each message of the open conversation is painted.
//
// To be put into a page before anything of it runs. `frames` is 1 where the row stands in the page
// when the first frame is drawn that comes after the key, or after the text from the server. The
// page asks for its own frame in the handlers of those; it is asked for here behind them, so the
// page has drawn, or not, by the time that this looks. `painted_ms` is when that frame was out.
(() => {
  const FRAMES = 600;
  const paints = (window.paints = []);

  const contentOf = (row) => {
    const content = row.querySelector(".content")?.cloneNode(true);
    content?.querySelector(".meta")?.remove();
    return content?.textContent;
  };
  const ownRow = (text) =>
    [...document.querySelectorAll('[data-testid="message"][data-mine="true"]')]
      .slice(-8)
      .findLast((row) => contentOf(row) === text);
  const rowOf = (seq) =>
    document.querySelector(`[data-testid="message"][data-seq="${seq}"]`) ?? undefined;

  /** Note when a row is painted that the page has had reason to draw since `began`. */
  function watch(kind, began, find) {
    let frames = 0;
    const look = () => {
      frames += 1;
      const row = find();
      if (row === undefined && frames < FRAMES) {
        requestAnimationFrame(look);
        return;
      }
      const paint = { kind, frames, state: row?.dataset.state ?? null };
      if (row === undefined) paint.frames = null;
      else paint.content = contentOf(row);
      const { port1, port2 } = new MessageChannel();
      // What is posted in a frame is heard when it is out.
      port1.onmessage = () => paints.push({ ...paint, painted_ms: performance.now() - began });
      port2.postMessage(null);
    };
    requestAnimationFrame(look);
  }

  let written = null;
  window.addEventListener(
    "keydown",
    (event) => {
      const isSending = event.key === "Enter" && event.target.matches?.("textarea");
      written = isSending ? event.target.value.trim() : null;
    },
    true,
  );
  window.addEventListener("keydown", (event) => {
    const text = written;
    written = null;
    if (text) watch("own", event.timeStamp, () => ownRow(text));
  });

  window.WebSocket = class extends WebSocket {
    set onmessage(heard) {
      super.onmessage = (event) => {
        const began = performance.now();
        heard.call(this, event);
        const frame = JSON.parse(event.data);
        const isShown = frame.type === "message" && location.hash.endsWith(frame.room);
        if (isShown) watch("received", began, () => rowOf(frame.seq));
      };
    }
  };
})();
