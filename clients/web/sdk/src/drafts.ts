/**
 * What this person wrote and the server has not acknowledged: the same list on all pages of a browser.
 *
 * It stands in the store before anybody is told of it, so whoever sends it may die: the next page
 * that leads finds it there.
 */
import { LOADED_WITHIN_MS, timeOf } from "./environment";
import type { Chance, Clock, Draft, DraftStore } from "./environment";

/** What one page tells the others of a draft. */
export type DraftNews = { put: Draft } | { removed: string };

export interface DraftsHandlers {
  /** The drafts of a room changed, here or on another page. */
  onChange(room: string): void;
  /** To be told to the other pages. */
  onNews(news: DraftNews): void;
}

/** All drafts of one person. Those of a room are told by `ChatClient.drafts`. */
export class Drafts {
  private all: Draft[] = [];

  private readonly store: DraftStore;

  constructor(
    private readonly env: { clock: Clock; drafts: DraftStore },
    private readonly handlers: DraftsHandlers,
  ) {
    this.store = env.drafts;
  }

  /** Those of a room in the order of sending. */
  of(room: string): readonly Draft[] {
    return this.all.filter((draft) => draft.room === room);
  }

  /** The rooms that have any. */
  get rooms(): ReadonlySet<string> {
    return new Set(this.all.map((draft) => draft.room));
  }

  /** The draft with this client_id, where there is one. */
  find(clientId: string): Draft | undefined {
    return this.all.find((draft) => draft.client_id === clientId);
  }

  /** Take over what earlier pages left behind, before what was written since. */
  async restore(sender: string): Promise<void> {
    const loaded = this.store.load(sender).catch(() => []);
    const kept = (await Promise.race([loaded, timeOf(this.env.clock, LOADED_WITHIN_MS)])) ?? [];
    const fresh = kept.filter((draft) => this.find(draft.client_id) === undefined);
    this.all = [...fresh, ...this.all];
    for (const room of new Set(fresh.map((draft) => draft.room))) this.handlers.onChange(room);
  }

  /** Add a draft, or change it: shown at once, then kept, then told. Resolves when it is told. */
  async put(draft: Draft): Promise<void> {
    this.show(draft);
    await this.store.put({ ...draft }).catch(() => undefined);
    const now = this.find(draft.client_id);
    if (now !== undefined) this.handlers.onNews({ put: { ...now } });
  }

  /** Forget a draft here: it is stored, or given up. Every page learns the first by itself. */
  drop(draft: Draft): void {
    this.all = this.all.filter((one) => one !== draft);
    void this.store.remove(draft.client_id).catch(() => undefined);
    this.handlers.onChange(draft.room);
  }

  /** Give a draft up, on all pages. */
  discard(draft: Draft): void {
    this.drop(draft);
    this.handlers.onNews({ removed: draft.client_id });
  }

  /** Take over what another page did. */
  hear(news: DraftNews): void {
    if ("put" in news) {
      this.show(news.put);
      return;
    }
    const draft = this.find(news.removed);
    if (draft !== undefined) this.drop(draft);
  }

  /** A draft that is known keeps its place, and stays the same object. */
  private show(draft: Draft): void {
    const known = this.find(draft.client_id);
    if (known === undefined) this.all.push(draft);
    else if (known !== draft) replace(known, draft);
    this.handlers.onChange(draft.room);
  }
}

/** A draft that nobody has seen yet. */
export function newDraft(
  env: { clock: Clock; chance: Chance },
  written: Pick<Draft, "room" | "sender" | "content" | "reply_to">,
): Draft {
  const { clock, chance } = env;
  return { ...written, client_id: chance.uuid(), created_at: clock.now(), state: "pending" };
}

/** Make `known` say what `now` says, down to what it does not say any more. */
function replace(known: Draft, now: Draft): void {
  delete known.is_held;
  delete known.goes_again;
  delete known.reason;
  Object.assign(known, now);
}
