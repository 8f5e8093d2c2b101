import { wireThemeToggles } from "../shared/theme-toggle";
import { showCardMenus, wireCardMenus } from "./card-menu";
import { wireDisclosures } from "./disclosure";
import { wirePreviews } from "./preview";
import { wireSuggest } from "./suggest";
import { wireSearchField } from "./topbar";
import { showWatched } from "./watched";

/** What every public page has: its bar, and what happens on its cards. */
export function wireFrame(): void {
  wireThemeToggles();
  wireDisclosures();
  wireSearchField();
  wireSuggest();
  wireCardMenus();
  wirePreviews();
  dressCards(document);
}

/** Cards that have just come: what this browser knows of them, and their menus. */
export function dressCards(root: ParentNode): void {
  showWatched(root);
  showCardMenus(root);
}
