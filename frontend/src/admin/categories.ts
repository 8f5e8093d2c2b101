import { need } from "../shared/dom";
import { call } from "./client";
import { wireForm } from "./form";
import type { Category } from "./shapes";

/** The categories, once per page, for every select that offers them. */
interface CategoryStore {
  all: Category[];
  load(): Promise<void>;
  /** Asks for a name, creates the category and answers its id; null when nobody wanted one after all. */
  create(): Promise<number | null>;
}

export function byName<T extends Pick<Category, "name">>(categories: readonly T[]): T[] {
  return [...categories].sort((a, b) => a.name.localeCompare(b.name));
}

export function categoryStore(): CategoryStore {
  return {
    all: [],
    async load() {
      this.all = byName(await call("GET /api/categories"));
    },
    create() {
      const dialog = need<HTMLDialogElement>(document, "[data-category-dialog]");
      const field = need<HTMLInputElement>(dialog, "[name=name]");
      field.value = "";
      dialog.dataset["created"] = "";
      dialog.showModal();
      field.focus();
      return new Promise((resolve) => {
        dialog.addEventListener("close", () => resolve(Number(dialog.dataset["created"]) || null), { once: true });
      });
    },
  };
}

/** Wires the dialog's form to the store: what was created is there before the dialog closes. */
export function wireCategoryDialog(store: CategoryStore): void {
  const dialog = need<HTMLDialogElement>(document, "[data-category-dialog]");
  const form = need<HTMLFormElement>(dialog, "[data-category-form]");
  wireForm(form, async () => {
    const name = need<HTMLInputElement>(form, "[name=name]").value.trim();
    const created = await call("POST /api/categories", { body: { name } });
    store.all = byName([...store.all, created]);
    dialog.dataset["created"] = String(created.id);
    dialog.close();
  });
}
