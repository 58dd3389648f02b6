/**
 * The browser behind the seams: the only file of the SDK that touches globals.
 */
import type {
  Attention,
  Cancel,
  Chance,
  Clock,
  Draft,
  DraftStore,
  OnNetwork,
  OnWake,
  OpenTransport,
  ReadMarks,
  Usage,
} from "./environment";

export const browserClock: Clock = {
  now: () => Date.now(),
  after: (ms, fn) => {
    const timer = setTimeout(fn, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

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

export const onBrowserWake: OnWake = (fn) =>
  listening(document, "visibilitychange", () => {
    if (document.visibilityState === "visible") fn();
  });

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

/** Drafts in IndexedDB. Every method rejects where the browser forbids it (private windows). */
export class IndexedDrafts implements DraftStore {
  private database: Promise<IDBDatabase> | null = null;

  async load(sender: string): Promise<Draft[]> {
    const all = await this.run("readonly", (store) => store.getAll() as IDBRequest<Draft[]>);
    const own = all.filter((draft) => draft.sender === sender);
    // Only these two states are ever kept; an older page had another name for the second.
    for (const draft of own) if (draft.state !== "pending") draft.state = "failed";
    return own.sort((a, b) => a.created_at - b.created_at);
  }

  async put(draft: Draft): Promise<void> {
    await this.run("readwrite", (store) => store.put(draft));
  }

  async remove(clientId: string): Promise<void> {
    await this.run("readwrite", (store) => store.delete(clientId));
  }

  private async run<T>(
    mode: IDBTransactionMode,
    use: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    this.database ??= open();
    const transaction = (await this.database).transaction("drafts", mode);
    const request = use(transaction.objectStore("drafts"));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => {
        resolve(request.result);
      };
      transaction.onerror = transaction.onabort = () => {
        reject(transaction.error ?? new Error("The browser refused to store a draft."));
      };
    });
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("parley", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("drafts", { keyPath: "client_id" });
    };
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("The browser has no database."));
    };
  });
}
