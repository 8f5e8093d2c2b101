// Runs in <head> before the first paint, so that a remembered dark page never flashes white, and that what is
// shown only to who has watched something has its place from the beginning.
import { readStored } from "./storage";
import { showTheme, THEME_KEY } from "./theme";

const dark = matchMedia("(prefers-color-scheme: dark)");
const show = (): void => showTheme(document.documentElement, readStored(THEME_KEY), dark.matches);
show();
dark.addEventListener("change", show);
addEventListener("storage", show);
if ((readStored("vlog:positions") ?? "").length > 2) document.documentElement.dataset["hasPositions"] = "";
const library = readStored("vlog:library") ?? "";
for (const list of ["history", "later"]) {
  // As JSON writes a list that is not empty.
  if (new RegExp(`"${list}": *{ *"`).test(library)) document.documentElement.setAttribute(`data-has-${list}`, "");
}
