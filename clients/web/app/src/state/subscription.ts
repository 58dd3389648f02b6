/**
 * Having this browser told of messages while no page is open (Web Push), where the server does that.
 *
 * Whoever is signed in has it: it is handed to the server with every start, and taken back at the
 * sign-out. Source: https://www.w3.org/TR/push-api/
 */
import { ApiError } from "@parley/sdk";

import { account } from "./account";
import { isNotified } from "./notices";

/** What came of asking: told always, told while a page is open, or not at all, and whose doing it is. */
export type Told = "always" | "while_open" | "denied" | "impossible";

/** To be called for a gesture: the browser asks its person. */
export async function turnOn(): Promise<Told> {
  if (!("serviceWorker" in navigator) || !("Notification" in window)) return "impossible";
  if ((await Notification.requestPermission()) !== "granted") return "denied";
  isNotified.value = true;
  return (await subscribe()) ? "always" : "while_open";
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

/** False where the server tells nobody, or the browser knows no way to be told. */
async function subscribe(): Promise<boolean> {
  try {
    const key = await account.pushKey();
    const registration = await navigator.serviceWorker.getRegistration();
    if (key === null || registration === undefined) return false;
    const subscription = await subscribeWith(registration.pushManager, key);
    await account.subscribe(subscription.toJSON());
    return true;
  } catch (error) {
    // The browser's own push service may be out of reach or forbidden.
    if (error instanceof ApiError || error instanceof DOMException) return false;
    throw error;
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
  return (await registration?.pushManager.getSubscription()) ?? null;
}
