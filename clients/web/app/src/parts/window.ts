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
import type { VirtualizerOptions } from "@tanstack/virtual-core";
import { useLayoutEffect, useState } from "preact/hooks";

export type Rows = Virtualizer<HTMLElement, HTMLElement>;
type RowsOptions = VirtualizerOptions<HTMLElement, HTMLElement>;

/** Rows beyond the view on either side. */
const OVERSCAN = 8;

export type WindowOptions = Pick<
  RowsOptions,
  "count" | "getScrollElement" | "estimateSize" | "getItemKey" | "paddingStart" | "paddingEnd"
>;

/** To be called at every drawing; the component is drawn again when other rows are in sight. */
export function useWindow(chosen: WindowOptions): Rows {
  const [, redraw] = useState(0);
  const options: RowsOptions = {
    ...chosen,
    overscan: OVERSCAN,
    anchorTo: "end",
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => {
      redraw((count) => count + 1);
    },
  };
  const [rows] = useState(() => new Virtualizer(options));
  rows.setOptions(options);
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => {
    rows._willUpdate();
  });
  return rows;
}

/** Put the view at `top` px, and draw what is in sight there before anybody sees it. */
export function putView(rows: Rows, box: HTMLElement, top: number): void {
  box.scrollTop = top;
  // The list hears of it with the next event, which is too late for the next picture.
  if (rows.scrollOffset === box.scrollTop) return;
  rows.scrollOffset = box.scrollTop;
  rows.options.onChange(rows, true);
}
