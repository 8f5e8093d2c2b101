/** Light or dark: the system's wish until a visitor chooses; the choice is kept in this browser. */
export type Shade = "light" | "dark";

export const THEME_KEY = "vlog:theme";

/** What to show, given what was stored (if anything) and what the system prefers. */
export function shadeOf(stored: string | null, systemPrefersDark: boolean): Shade {
  if (stored === "light" || stored === "dark") return stored;
  return systemPrefersDark ? "dark" : "light";
}

/** What to store after a press: nothing when the choice equals the system's wish, so that it is followed again. */
export function storedAfterToggle(shown: Shade, systemPrefersDark: boolean): Shade | null {
  const next: Shade = shown === "dark" ? "light" : "dark";
  return (next === "dark") === systemPrefersDark ? null : next;
}

/** Shows a shade: `data-theme` overrides the colour scheme, `data-shade` tells style sheets what is on screen. */
export function showTheme(root: HTMLElement, stored: string | null, systemPrefersDark: boolean): void {
  const shade = shadeOf(stored, systemPrefersDark);
  root.dataset["shade"] = shade;
  if (stored === null) delete root.dataset["theme"];
  else root.dataset["theme"] = shade;
}
