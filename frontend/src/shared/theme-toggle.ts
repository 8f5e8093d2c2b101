import { readStored, writeStored } from "./storage";
import { showTheme, shadeOf, storedAfterToggle, THEME_KEY } from "./theme";

/** Wires every theme button of the page. */
export function wireThemeToggles(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-theme-toggle]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = shadeOf(readStored(THEME_KEY), dark.matches);
      const stored = storedAfterToggle(shown, dark.matches);
      writeStored(THEME_KEY, stored);
      showTheme(document.documentElement, stored, dark.matches);
    });
  }
}
