import { signal } from "@preact/signals";

/** Light or dark: as the system has it, until one chooses. */

export type Theme = "system" | "light" | "dark";
const THEMES: readonly Theme[] = ["system", "light", "dark"];
const KEPT_AS = "tickbird.theme";

const current = signal<Theme>(THEMES.find((name) => name === localStorage.getItem(KEPT_AS)) ?? "system");

/** The theme, for components that draw with colours of their own. */
export function theme(): Theme {
  return current.value;
}

/** Takes the next theme. */
export function nextTheme(): void {
  const next = THEMES[(THEMES.indexOf(current.peek()) + 1) % THEMES.length] ?? "system";
  localStorage.setItem(KEPT_AS, next);
  current.value = next;
  applyTheme();
}

/** Puts the theme into effect. */
export function applyTheme(): void {
  document.documentElement.dataset["theme"] = current.peek();
}
