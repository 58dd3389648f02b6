/**
 * Having this browser told of messages while no page is open (Web Push), where the server does that.
 *
 * Whoever is signed in has it: it is handed to the server with every start, and taken back at the
 * sign-out. Source: https://www.w3.org/TR/push-api/
 */
import { ApiError } from "@parley/sdk";
import { signal } from "@preact/signals";

import { account } from "./account";
import { isNotified } from "./notices";

/** Grows with every change of mind: what an earlier attempt still brings is given back. */
let attempts = 0;

/** What came of asking: told always, told while a page is open, or not at all, and whose doing it is. */
export type Told = "always" | "while_open" | "denied" | "impossible";

/** As far as is known of this browser and this server. */
export const told = signal<Told>("always");

/** To be called for a gesture: the browser asks its person. */
export async function turnOn(): Promise<void> {
  if (!("serviceWorker" in navigator) || !("Notification" in window)) {
    told.value = "impossible";
    return;
  }
  if ((await Notification.requestPermission()) !== "granted") {
    told.value = "denied";
    return;
  }
  isNotified.value = true;
  await subscribe();
}

/** Raises nothing: what the server does not hear now, it notices when the browser refuses a push. */
export async function turnOff(): Promise<void> {
  isNotified.value = false;
  await forgetSubscription();
}

/** Somebody is signed in: what this browser has is theirs from now on. */
export async function renew(): Promise<void> {
  if (isNotified.value && isAllowed()) await subscribe();
}

/** Before somebody signs out, or turned it off. */
export async function forgetSubscription(): Promise<void> {
  attempts += 1;
  const subscription = await subscriptionHere();
  if (subscription === null) return;
  await Promise.allSettled([
    account.unsubscribe(subscription.endpoint),
    subscription.unsubscribe(),
  ]);
}

export function isAllowed(): boolean {
  return "Notification" in window && Notification.permission === "granted";
}

async function subscribe(): Promise<void> {
  const mine = (attempts += 1);
  try {
    const key = await account.pushKey();
    const manager = (await navigator.serviceWorker.getRegistration())?.pushManager;
    told.value = "while_open";
    if (key === null || manager === undefined) return;
    const subscription = await subscribeWith(manager, key);
    if (mine !== attempts) {
      // Meanwhile they signed out, or turned it off.
      await subscription.unsubscribe();
      return;
    }
    await account.subscribe(subscription.toJSON());
    told.value = "always";
  } catch (error) {
    // The browser's own push service may be out of reach or forbidden.
    if (!(error instanceof ApiError || error instanceof DOMException)) throw error;
    told.value = "while_open";
  }
}

/** A subscription with another key, which the server had before, is worth nothing: it makes way. */
async function subscribeWith(manager: PushManager, key: string): Promise<PushSubscription> {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await manager.subscribe(options);
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== "InvalidStateError") throw error;
    await (await manager.getSubscription())?.unsubscribe();
    return manager.subscribe(options);
  }
}

async function subscriptionHere(): Promise<PushSubscription | null> {
  if (!("serviceWorker" in navigator)) return null;
  const registration = await navigator.serviceWorker.getRegistration();
  // Some browsers have workers and no such manager, whatever the types say.
  const manager = registration?.pushManager;
  return (await manager?.getSubscription().catch(() => null)) ?? null;
}
