/**
 * Rooms, messages and drafts in IndexedDB. Every method rejects where the browser forbids it (private
 * windows), or where another page holds an older version of the database open.
 */
import { openDB } from "idb";
import type { DBSchema, IDBPDatabase } from "idb";

import type { ChatStore, Draft, DraftStore, KeptChange, KeptRoom } from "./environment";
import type { Message } from "./protocol";

const NAME = "parley";
const VERSION = 2;

interface Schema extends DBSchema {
  drafts: { key: string; value: Draft };
  /** By [user, room]. */
  rooms: { key: [string, string]; value: KeptRoom };
  /** By [user, room, seq]. */
  messages: { key: [string, string, number]; value: Message };
}

/** Above every string and number, in the order of keys. */
const LAST: never[] = [];

let opened: Promise<IDBPDatabase<Schema>> | null = null;

async function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>(NAME, VERSION, {
    upgrade: (db, before) => {
      if (before < 1) db.createObjectStore("drafts", { keyPath: "client_id" });
      db.createObjectStore("rooms");
      db.createObjectStore("messages");
    },
    // A page of a later version wants to change it: this one does without from now on.
    blocking: (_, __, event) => {
      (event.target as IDBDatabase).close();
      opened = Promise.reject(new Error("The database belongs to a later version."));
      opened.catch(() => undefined);
    },
  });
  return opened;
}

/** What is on its way, in IndexedDB. */
export class IndexedDrafts implements DraftStore {
  async load(sender: string): Promise<Draft[]> {
    const all = await (await database()).getAll("drafts");
    const own = all.filter((draft) => draft.sender === sender);
    // An older page knew no answers.
    for (const draft of own) draft.reply_to ??= null;
    return own.sort((a, b) => a.created_at - b.created_at);
  }

  /** Write one, in the place of what it was before. */
  async put(draft: Draft): Promise<void> {
    await (await database()).put("drafts", draft);
  }

  /** Forget one; nothing happens where it is not there. */
  async remove(clientId: string): Promise<void> {
    await (await database()).delete("drafts", clientId);
  }
}

/** Rooms and messages, in IndexedDB. */
export class IndexedStore implements ChatStore {
  /** All rooms of a person that are kept, in no order. */
  async rooms(user: string): Promise<KeptRoom[]> {
    return (await database()).getAll("rooms", IDBKeyRange.bound([user], [user, LAST]));
  }

  async messages(user: string, room: string, from: number, to: number): Promise<Message[]> {
    const range = IDBKeyRange.bound([user, room, from], [user, room, to]);
    return (await database()).getAll("messages", range);
  }

  async keep(user: string, { rooms, messages, gone }: KeptChange): Promise<void> {
    const change = (await database()).transaction(["rooms", "messages"], "readwrite");
    const [kept, held] = [change.objectStore("rooms"), change.objectStore("messages")];
    for (const room of gone) {
      void kept.delete([user, room]);
      void held.delete(IDBKeyRange.bound([user, room], [user, room, LAST]));
    }
    for (const room of rooms) void kept.put(room, [user, room.state.id]);
    for (const message of messages) void held.put(message, [user, message.room, message.seq]);
    await change.done;
  }

  async forget(user: string, keepDrafts = false): Promise<void> {
    const change = (await database()).transaction(["drafts", "rooms", "messages"], "readwrite");
    void change.objectStore("rooms").delete(IDBKeyRange.bound([user], [user, LAST]));
    void change.objectStore("messages").delete(IDBKeyRange.bound([user], [user, LAST]));
    const drafts = change.objectStore("drafts");
    for (const draft of await drafts.getAll())
      if (draft.sender === user && !keepDrafts) void drafts.delete(draft.client_id);
    await change.done;
  }
}
