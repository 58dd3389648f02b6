// Notes, in `window.pages`, each page of history that the page asks for, and can scroll for it.
//
// To be put into a page before anything of it runs.
(() => {
  const PATH = /\/rooms\/([^/]+)\/messages\?before=(\d+)&limit=(\d+)$/;
  const PATIENCE_FRAMES = 600;
  const pages = (window.pages = []);
  const fetched = window.fetch;

  window.fetch = async (input, init) => {
    const asked = PATH.exec(String(input));
    if (asked === null) return fetched(input, init);
    const [, room, before, limit] = asked;
    const page = { room, before: Number(before), limit: Number(limit), seqs: null };
    pages.push(page);
    const response = await fetched(input, init);
    const { messages } = await response.clone().json();
    page.seqs = messages.map(({ seq }) => seq);
    return response;
  };

  const frame = () => new Promise(requestAnimationFrame);
  const box = () => document.querySelector('[data-testid="messages"]');
  const isOpen = (room, size) => {
    const open = document.querySelector('[data-testid="room"][aria-current="true"]');
    if (open?.dataset.room !== room) return false;
    const wanted = size === 0 ? "no-messages" : "message";
    const seq = size === 0 ? "" : `[data-seq="${size}"]`;
    return document.querySelector(`[data-testid="${wanted}"]${seq}`) !== null;
  };

  async function until(condition) {
    for (let frames = 0; !condition(); frames += 1) {
      if (frames > PATIENCE_FRAMES) throw new Error(`still waiting: ${condition}`);
      await frame();
    }
  }

  /** Until nothing is on its way, and what came is drawn. */
  async function untilSettled() {
    for (let calm = 0; calm < 3; calm += 1) {
      await frame();
      if (pages.some(({ seqs }) => seqs === null)) calm = 0;
    }
  }

  /** Open a room with so many messages, scroll to some places in it, then up to its beginning. */
  window.scrollThrough = async ({ room, size, places }) => {
    pages.length = 0;
    location.hash = `#/rooms/${room}`;
    await until(() => isOpen(room, size));
    await untilSettled();
    for (const place of places) {
      box().scrollTop = place * (box().scrollHeight - box().clientHeight);
      await untilSettled();
    }
    for (let before = -1; before !== pages.length; ) {
      before = pages.length;
      box().scrollTop = 0;
      await untilSettled();
    }
    return pages;
  };
})();
