// Runs in <head> before the first paint, so that a remembered dark page never flashes white.
import { readStored } from "./storage";
import { showTheme, THEME_KEY } from "./theme";

const dark = matchMedia("(prefers-color-scheme: dark)");
const show = (): void => showTheme(document.documentElement, readStored(THEME_KEY), dark.matches);
show();
dark.addEventListener("change", show);
addEventListener("storage", show);
