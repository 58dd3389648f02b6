/** What page and worker tell each other. */

/** To the worker: take the place of the version that serves the pages now. */
export const TAKE_OVER = "take over";

/** To the worker: a message came. It knows whether anybody looks at any page of this browser. */
export interface Notice {
  type: "notice";
  room: string;
  title: string;
  body: string;
  /** Whether a notification may be shown, and a tone be heard. */
  isShown: boolean;
  isHeard: boolean;
}

/** To a page: make a tone for a message in this room, unless it is being read there. */
export interface Ring {
  type: "ring";
  room: string;
}

/** To a page: somebody chose the notification of this room. */
export interface Open {
  type: "open";
  room: string;
}

/** What the server pushes to a browser, sealed for it: no word of what was written, nor by whom. */
export interface Pushed {
  room: string;
  /** Messages that wait there for this person. */
  waiting: number;
}
