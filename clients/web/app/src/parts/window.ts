/**
 * A long list of which only the rows near the view are on the page.
 *
 * The place that a row takes is measured when it is there and guessed before. Whatever is put above
 * the view, or turns out to be larger there, the rows in sight stay where they are.
 */
import {
  Virtualizer,
  elementScroll,
  observeElementOffset,
  observeElementRect,
} from "@tanstack/virtual-core";
import type { VirtualItem, VirtualizerOptions } from "@tanstack/virtual-core";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export type Rows = Virtualizer<HTMLElement, HTMLElement>;
type RowsOptions = VirtualizerOptions<HTMLElement, HTMLElement>;
type RowKey = VirtualItem["key"];

/** Rows beyond the view on either side. */
const OVERSCAN = 8;

export type WindowOptions = Pick<
  Required<RowsOptions>,
  | "count"
  | "getScrollElement"
  | "estimateSize"
  | "getItemKey"
  | "paddingStart"
  | "paddingEnd"
  | "anchorTo"
>;

/** To be called at every drawing; the component is drawn again when other rows are in sight. */
export function useWindow(chosen: WindowOptions): Rows {
  const [, redraw] = useState(0);
  const options: RowsOptions = {
    ...chosen,
    overscan: OVERSCAN,
    measureElement: (row, _, all) => heightOf(row, all),
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => {
      redraw((count) => count + 1);
    },
  };
  const [rows] = useState(() => new Virtualizer(options));
  rows.setOptions(options);
  const seam = useRef<Seam>({ first: null, index: 0, isNew: false });
  const first = chosen.count > 0 ? chosen.getItemKey(0) : null;
  if (first !== seam.current.first) seam.current = seamAbove(seam.current.first, first, chosen);
  rows.shouldAdjustScrollPositionOnItemSizeChange = (row) => {
    const { index, isNew } = seam.current;
    // It says what day it is no more, since there are rows above it: what it says stays in place.
    if (row.index === index && isNew) {
      seam.current.isNew = false;
      return true;
    }
    return isAbove(row, index, rows);
  };
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => {
    rows._willUpdate();
    // While somebody scrolls the list would wait for a later picture to hear how high new rows are.
    for (const [key, row] of rows.elementsCache) {
      const index = rows.indexFromElement(row);
      const isAtSeam = seam.current.isNew && index === seam.current.index;
      if (isAtSeam || !rows.itemSizeCache.has(key)) rows.resizeItem(index, heightOf(row, rows));
    }
  });
  return rows;
}

/** To the last fraction of a pixel: there are many rows. What is not shown is as high as it was. */
function heightOf(row: HTMLElement, rows: Rows): number {
  const { height } = row.getBoundingClientRect();
  if (height > 0) return height;
  const { getItemKey, estimateSize } = rows.options;
  const index = rows.indexFromElement(row);
  return rows.itemSizeCache.get(getItemKey(index)) ?? estimateSize(index);
}

/** Where rows were put above the others: the row that was the first until then. */
interface Seam {
  /** The first one now. */
  first: RowKey | null;
  index: number;
  isNew: boolean;
}

function seamAbove(before: RowKey | null, first: RowKey | null, now: WindowOptions): Seam {
  let index = 0;
  while (index < now.count && now.getItemKey(index) !== before) index += 1;
  return index < now.count ? { first, index, isNew: true } : { first, index: 0, isNew: false };
}

/** Whether what a row turns out to be larger by belongs above the view: then nothing in it moves. */
function isAbove({ key, index, start, end }: VirtualItem, seam: number, rows: Rows): boolean {
  const top = rows.scrollOffset ?? 0;
  if (!rows.itemSizeCache.has(key)) return index < seam || start < top;
  return end <= top && rows.scrollDirection !== "backward";
}

/** Put the view at `top` px, and draw what is in sight there before anybody sees it. */
export function putView(rows: Rows, box: HTMLElement, top: number): void {
  box.scrollTop = top;
  // The list hears of it with the next event, which is too late for the next picture.
  if (rows.scrollOffset === box.scrollTop) return;
  rows.scrollOffset = box.scrollTop;
  rows.options.onChange(rows, true);
}
