/**
 * The browser behind the seams: with `indexed.ts`, all of the SDK that touches globals.
 */
import type {
  Attention,
  Cancel,
  Chance,
  Clock,
  Environment,
  Leadership,
  OnNetwork,
  OnWake,
  OpenChannel,
  OpenTransport,
  ReadMarks,
  Usage,
} from "./environment";
import { Api } from "./http";
import { IndexedDrafts, IndexedStore } from "./indexed";

export * from "./indexed";

/**
 * All that a `ChatClient` needs of a browser, for a page on the host of the server.
 *
 * @param own parts that the page brings itself.
 */
export function browserEnvironment(own: Partial<Environment> = {}): Environment {
  return {
    clock: browserClock,
    chance: browserChance,
    attention: browserAttention,
    usage: browserUsage,
    onWake: onBrowserWake,
    onNetwork: onBrowserNetwork,
    openTransport: webSocketTransport("/ws/chat/"),
    leadership: new LockLeadership(),
    openChannel: browserChannel,
    drafts: new IndexedDrafts(),
    store: new IndexedStore(),
    marks: storedMarks,
    ...own,
  };
}

/** The HTTP calls of a page on the host of the server. */
export function browserApi(): Api {
  return new Api((input, init) => fetch(input, init), browserClock);
}

/** The clock of the device. */
export const browserClock: Clock = {
  now: () => Date.now(),
  after: (ms, fn) => {
    const timer = setTimeout(fn, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Chance of the browser; ids by its cryptography. */
export const browserChance: Chance = {
  random: () => Math.random(),
  // `crypto.randomUUID` exists in secure contexts only; a page on http://192.168.… is none.
  uuid: () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const variant = "89ab"[(bytes[8] ?? 0) & 3] ?? "8";
    const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`];
    return [...parts, variant + hex.slice(17, 20), hex.slice(20)].join("-");
  },
};

/** A page that is shown without the focus (beside another window, say) is not being looked at. */
export const browserAttention: Attention = {
  isHere: () => document.visibilityState === "visible" && document.hasFocus(),
  onChange: (fn) =>
    together(
      listening(document, "visibilitychange", fn),
      listening(window, "focus", fn),
      listening(window, "blur", fn),
    ),
};

/** Whoever comes back to the page uses it; a finger on the glass is a pointer, too. */
export const browserUsage: Usage = {
  isShown: () => document.visibilityState === "visible",
  onUse: (fn) =>
    together(
      listening(document, "visibilitychange", fn),
      listening(window, "focus", fn),
      ...["keydown", "pointerdown", "pointermove", "touchstart", "wheel"].map((event) =>
        listening(window, event, fn, { capture: true, passive: true }),
      ),
    ),
};

function listening(
  target: EventTarget,
  event: string,
  fn: () => void,
  options: AddEventListenerOptions = {},
): Cancel {
  target.addEventListener(event, fn, options);
  return () => {
    target.removeEventListener(event, fn, options);
  };
}

function together(...ends: Cancel[]): Cancel {
  return () => {
    for (const end of ends) end();
  };
}

/** The page comes into sight. */
export const onBrowserWake: OnWake = (fn) =>
  listening(document, "visibilitychange", () => {
    if (document.visibilityState === "visible") fn();
  });

/** What the browser says of the network. */
export const onBrowserNetwork: OnNetwork = (fn) =>
  together(
    listening(window, "online", () => {
      fn(true);
    }),
    listening(window, "offline", () => {
      fn(false);
    }),
  );

/** Read marks in local storage, which some browsers forbid: then they last as long as the page. */
export const storedMarks: ReadMarks = {
  get: (user, room) => {
    try {
      return Number(localStorage.getItem(markKey(user, room)) ?? 0) || 0;
    } catch {
      return 0;
    }
  },
  set: (user, room, seq) => {
    try {
      localStorage.setItem(markKey(user, room), String(seq));
    } catch {
      // Full or forbidden: the server will tell.
    }
  },
};

function markKey(user: string, room: string): string {
  return `parley/read/${user}/${room}`;
}

/** `path` on the page's own host, with the page's own kind of encryption. */
export function webSocketTransport(path: string): OpenTransport {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return (events) => {
    const socket = new WebSocket(url);
    socket.onopen = () => {
      events.onOpen();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (typeof event.data === "string") events.onText(event.data);
    };
    socket.onclose = (event) => {
      events.onClose(event.code);
    };
    return {
      send: (text) => {
        socket.send(text);
      },
      close: (code) => {
        socket.close(code);
      },
    };
  };
}

/**
 * Who leads by Web Locks: the browser passes the lock on when a page dies. Where there are none (a
 * page that is no secure context) every page leads, alone.
 */
export class LockLeadership implements Leadership {
  private readonly campaigns = new Map<string, (steal: boolean) => void>();

  campaign(name: string, onLead: () => void, onLost: () => void): Cancel {
    if (!("locks" in navigator)) {
      queueMicrotask(onLead);
      return () => undefined;
    }
    let giveUp: Cancel = () => undefined;
    const run = (steal: boolean): void => {
      giveUp();
      giveUp = heldLock(name, steal, onLead, () => {
        onLost();
        run(false);
      });
    };
    this.campaigns.set(name, run);
    run(false);
    return () => {
      this.campaigns.delete(name);
      giveUp();
    };
  }

  seize(name: string): void {
    this.campaigns.get(name)?.(true);
  }
}

/** Hold a lock from when it comes until the returned function is called. */
function heldLock(name: string, steal: boolean, onHeld: () => void, onStolen: () => void): Cancel {
  const wait = new AbortController();
  let release: Cancel = () => {
    wait.abort();
  };
  let isHeld = false;
  const options = steal ? { steal } : { signal: wait.signal };
  const held = navigator.locks.request(name, options, () => {
    if (wait.signal.aborted) return;
    isHeld = true;
    onHeld();
    return new Promise<void>((resolve) => {
      release = resolve;
    });
  });
  held.catch(() => {
    // Given up before it came, or another page stole it.
    if (isHeld) onStolen();
  });
  return () => {
    isHeld = false;
    release();
  };
}

/** Notes among the pages of this browser; where it has no channels a page is alone. */
export const browserChannel: OpenChannel = (name, onNote) => {
  if (!("BroadcastChannel" in globalThis)) return { post: () => undefined, close: () => undefined };
  const channel = new BroadcastChannel(name);
  channel.onmessage = (event: MessageEvent<unknown>) => {
    onNote(event.data);
  };
  return {
    post: (note) => {
      channel.postMessage(note);
    },
    close: () => {
      channel.close();
    },
  };
};
