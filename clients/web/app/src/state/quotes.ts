/**
 * The messages that others answer: those that are held, and earlier ones, each asked for once.
 */
import { ApiError } from "@parley/sdk";
import type { Message } from "@parley/sdk";
import { signal } from "@preact/signals";
import type { Signal } from "@preact/signals";

import { client } from "./client";
import { api } from "./server";

/** Null: it cannot be read here. Undefined: it is being asked for. */
type Quoted = Message | null | undefined;

const asked = new Map<string, Signal<Quoted>>();
/** Grows when those that nobody answered for are worth another try. */
const tries = signal(0);

/** The message with this seq. */
export function quotedIn(room: string, seq: number): Quoted {
  const held = client()?.room(room)?.log.at(seq);
  if (held !== undefined) return held;
  const key = `${room}.${seq}`;
  let one = tries.value < 0 ? undefined : asked.get(key);
  if (one === undefined) {
    one = signal<Quoted>(undefined);
    asked.set(key, one);
    void ask(one, key, room, seq);
  }
  return one.value;
}

/** The server answers again. */
export function askForQuotesAgain(): void {
  tries.value += 1;
}

export function forgetQuotes(): void {
  asked.clear();
}

async function ask(one: Signal<Quoted>, key: string, room: string, seq: number): Promise<void> {
  try {
    const { messages } = await api.messagesBefore(room, seq + 1, 1);
    one.value = messages.find((message) => message.seq === seq) ?? null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Whoever draws it next asks again, unless it is not for these eyes.
    if (error.isOutage) asked.delete(key);
    else one.value = null;
  }
}
