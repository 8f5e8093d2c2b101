import Alpine from "@alpinejs/csp";
import { need } from "../shared/dom";
import { wireThemeToggles } from "../shared/theme-toggle";
import { categoryStore, wireCategoryDialog } from "./categories";
import { client, wordsOf } from "./client";
import { wireFrame } from "./frame";
import { LOGIN } from "./pages";
import { toast } from "./toast";

type Component = (...given: never[]) => object;

/** Starts an admin page: its components, the categories, the frame with its keys, theme and logout buttons. */
export function startAdmin(components: Record<string, Component>): void {
  for (const [name, component] of Object.entries(components)) Alpine.data(name, component);
  Alpine.store("categories", categoryStore());
  Alpine.start();
  const categories = Alpine.store("categories");
  wireCategoryDialog(categories);
  categories.load().catch((error: unknown) => toast(wordsOf(error), "error"));
  wireThemeToggles();
  wireFrame();
  wireLogout();
}

function wireLogout(): void {
  const button = need<HTMLButtonElement>(document, "[data-logout]");
  button.addEventListener("click", () => {
    client
      .post("/api/auth/logout")
      .then(() => location.assign(LOGIN))
      .catch((error: unknown) => toast(wordsOf(error), "error"));
  });
}
