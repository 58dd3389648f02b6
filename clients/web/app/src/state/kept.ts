/**
 * What this device keeps of how somebody likes the page: it stays when they sign out.
 *
 * It stands in local storage, which some browsers forbid: then it lasts as long as the page.
 */
const PREFIX = "parley-here/";

/** Empty where nothing is kept. */
export function kept(key: string): string {
  try {
    return localStorage.getItem(PREFIX + key) ?? "";
  } catch {
    return "";
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    // Full or forbidden: it is so until the page is closed.
  }
}

/** Hear what another page of this browser keeps; empty: nothing any more. */
export function followKept(key: string, put: (value: string) => void): void {
  window.addEventListener("storage", (event) => {
    if (event.key === PREFIX + key) put(event.newValue ?? "");
  });
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // Forbidden: nothing is kept.
  }
}
