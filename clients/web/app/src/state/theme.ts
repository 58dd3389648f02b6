/** Light or dark: as the device is, or as somebody chose here. `public/looks.js` begins with it. */
import { effect, signal } from "@preact/signals";

import { followKept, forget, keep, kept } from "./kept";

export const THEMES = ["", "light", "dark"] as const;
/** Empty: as the device is. */
export type Theme = (typeof THEMES)[number];

const KEY = "theme";

export const theme = signal<Theme>(THEMES.find((one) => one === kept(KEY)) ?? "");

export function chooseTheme(next: Theme): void {
  theme.value = next;
  if (next === "") forget(KEY);
  else keep(KEY, next);
}

export function followTheme(): void {
  followKept(KEY, (value) => (theme.value = THEMES.find((one) => one === value) ?? ""));
  effect(() => {
    document.documentElement.style.colorScheme = theme.value;
  });
}
