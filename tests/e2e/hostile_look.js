// Looks at a row of the open conversation, by its seq, for what a message must not do.
//
// Positions are of what is painted: of the boxes of the row, and of every line of its text.
(seq) => {
  const OF_A_MESSAGE = ["A", "BDI", "BR", "MARK", "SPAN", "WBR"];
  const NEVER =
    "applet, area, audio, base, details, embed, frame, frameset, iframe, img, link, map, " +
    "marquee, math, meta, object, picture, portal, script, select, source, style, table, " +
    "template, video";
  const ATTRIBUTES = ["class", "dir", "href", "rel", "target"];
  const LOOSE_PX = 1;

  const box = document.querySelector('[data-testid="messages"]');
  const row = box.querySelector(`[data-testid="message"][data-seq="${seq}"]`);
  const content = row.querySelector(".content");
  const message = content.cloneNode(true);
  message.querySelector(".meta")?.remove();
  const elements = [...message.querySelectorAll("*")];
  const links = elements.filter(({ tagName }) => tagName === "A");
  const isForeign = ({ tagName, attributes }) =>
    !OF_A_MESSAGE.includes(tagName) ||
    [...attributes].some(({ name }) => !ATTRIBUTES.includes(name));
  const hasHandler = ({ attributes }) => [...attributes].some(({ name }) => name.startsWith("on"));
  const app = document.getElementById("app");
  const planted = [
    ...app.querySelectorAll(NEVER),
    ...[...app.querySelectorAll("*")].filter(hasHandler),
  ];

  const edges = box.getBoundingClientRect();
  const own = row.getBoundingClientRect();
  const boxes = [row, ...row.querySelectorAll("*")].map((one) => one.getBoundingClientRect());
  const lines = [...rangeOf(content).getClientRects()].filter(({ height }) => height > 0);
  const isBeside = ({ left, right }) =>
    left < edges.left - LOOSE_PX || right > edges.right + LOOSE_PX;
  const isAboveOrBelow = ({ top, bottom }) =>
    top < own.top - LOOSE_PX || bottom > own.bottom + LOOSE_PX;

  return {
    text: message.textContent,
    foreign: elements.filter(isForeign).map((element) => element.outerHTML),
    addresses: links.map((link) => link.getAttribute("href")),
    planted: planted.map((element) => element.outerHTML.slice(0, 200)),
    sideways: box.scrollWidth - box.clientWidth,
    beside: [...boxes, ...lines].filter(isBeside).length,
    aboveOrBelow: lines.filter(isAboveOrBelow).length,
    isClipped: [content, row.querySelector(".bubble"), row].some(clips),
    isTextTurned: isTurned(document.createTreeWalker(content, NodeFilter.SHOW_TEXT).nextNode()),
    isTimeTurned: isTurned(row.querySelector("time").firstChild),
  };

  function rangeOf(node) {
    const range = document.createRange();
    range.selectNodeContents(node);
    return range;
  }

  function clips(element) {
    const { overflowX, overflowY, contain } = getComputedStyle(element);
    const isCut = (overflow) => overflow === "clip" || overflow === "hidden";
    return (isCut(overflowX) && isCut(overflowY)) || /paint|strict|content/.test(contain);
  }

  /** Whether the letters of a short text do not stand from left to right. */
  function isTurned(text) {
    const lefts = [...text.data.slice(0, 40)].map((_, place) => {
      const range = document.createRange();
      range.setStart(text, place);
      range.setEnd(text, place + 1);
      return range.getBoundingClientRect().left;
    });
    return lefts.some((left, place) => place > 0 && left < lefts[place - 1]);
  }
};
