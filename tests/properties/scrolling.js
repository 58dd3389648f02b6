// Notes, in `window.pages`, each page of history that the page asks for, and can scroll for it.
//
// To be put into a page before anything of it runs. A row that is not near the view is not there, so
// what has come is looked for where it has to be in sight.
(() => {
  const PATH = /\/rooms\/([^/]+)\/messages\?before=(\d+)&limit=(\d+)$/;
  // A busy machine draws few frames, and each may wait for the server.
  const PATIENCE_FRAMES = 3000;
  const CALM_FRAMES = 3;
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
  const isThere = (seq) =>
    box()?.querySelector(`[data-testid="message"][data-seq="${seq}"]`) != null;
  const isOpen = (room) => {
    const open = document.querySelector('[data-testid="conversation"]');
    return open?.dataset.open === room && box() !== null;
  };

  async function until(condition, what) {
    for (let frames = 0; !condition(); frames += 1) {
      if (frames > PATIENCE_FRAMES) throw new Error(`still waiting for ${what}`);
      await frame();
    }
  }

  /** Until nothing is on its way, for some frames. */
  async function untilCalm() {
    for (let calm = 0; calm < CALM_FRAMES; calm += 1) {
      await frame();
      if (pages.some(({ seqs }) => seqs === null)) calm = 0;
    }
  }

  function isAtTop(seq) {
    box().scrollTop = 0;
    return isThere(seq);
  }

  /** Open a room with so many messages, scroll to some places in it, then up to its beginning. */
  window.scrollThrough = async ({ room, size, places }) => {
    pages.length = 0;
    location.hash = `#/rooms/${room}`;
    await until(() => isOpen(room), "the room");
    // The newest is there before the rest: the list of conversations shows it.
    for (let seq = size; seq > Math.max(0, size - 2); seq -= 1)
      await until(() => isThere(seq), `message ${seq} of ${size}`);
    for (const place of places) {
      box().scrollTop = place * (box().scrollHeight - box().clientHeight);
      await untilCalm();
    }
    for (let lowest = size; lowest > 1; ) {
      await until(() => pages.every(({ seqs }) => seqs !== null), "a page");
      const asked = pages.length;
      lowest = Math.min(size, ...pages.flatMap(({ seqs }) => seqs));
      await until(() => isAtTop(lowest), `message ${lowest} at the top`);
      if (lowest > 1) await until(() => pages.length > asked, `what is above ${lowest}`);
    }
    await untilCalm();
    return pages;
  };
})();
