import { el, need } from "../shared/dom";
import { t, tn } from "../shared/words";
import { cardsOf } from "./cards-by-id";
import { emptyLibrary, exported, idsOf, imported, LIBRARY_EVENT, loadLibrary, merged, saveLibrary, type Library } from "./library-store";
import { tell } from "./toast";

const AT_ONCE = 20;

/** The page of a list that this browser keeps: shown, exported, imported, cleared. */
export function wireOwnList(onAdded: (root: ParentNode) => void): void {
  const page = document.querySelector<HTMLElement>("[data-own-list]");
  if (page === null) return;
  const list: keyof Library = page.dataset["ownList"] === "history" ? "history" : "later";
  const cards = need(page, "[data-own-cards]");
  const more = need(page, "[data-own-more]");
  let ids: string[] = [];
  let asked = 0;
  let turn = 0;

  function settle(state: "cards" | "empty" | "failed"): void {
    for (const name of ["empty", "failed"] as const) need(page!, `[data-own-${name}]`).hidden = state !== name;
    cards.hidden = state !== "cards";
    more.hidden = state !== "cards" || asked >= ids.length;
    page!.toggleAttribute("data-settled", true);
    need<HTMLButtonElement>(page!, "[data-own-import]").disabled = false;
    need<HTMLButtonElement>(page!, "[data-own-clear]").disabled = ids.length === 0;
    need<HTMLButtonElement>(page!, "[data-own-export]").disabled = ids.length === 0;
  }

  /** One at a time: a second press, or an import meanwhile, must not show the same videos twice. */
  async function load(): Promise<void> {
    turn += 1;
    const mine = turn;
    try {
      // Gone videos leave no card: ask on until something can be shown.
      let found: HTMLElement[] = [];
      while (found.length === 0 && asked < ids.length) {
        found = await cardsOf(ids.slice(asked, asked + AT_ONCE));
        if (mine !== turn) return;
        asked += AT_ONCE;
      }
      for (const skeleton of cards.querySelectorAll(".skeleton")) skeleton.remove();
      cards.append(...found);
      onAdded(cards);
      settle(cards.children.length > 0 ? "cards" : "empty");
      need(page!, "[data-own-status]").textContent = tn("%(count)s video", "%(count)s videos", cards.children.length);
    } catch {
      if (mine !== turn) return;
      settle(cards.querySelector("[data-video-id]") === null ? "failed" : "cards");
      tell(t("The videos could not be loaded."));
    }
  }

  function begin(): void {
    ids = idsOf(loadLibrary(), list);
    asked = 0;
    for (const card of cards.querySelectorAll("[data-video-id]")) card.remove();
    void load();
  }

  /** What has left the list leaves the page; the rest stays where it is. */
  function follow(): void {
    const now = idsOf(loadLibrary(), list);
    const gone = [...cards.querySelectorAll<HTMLElement>("[data-video-id]")].filter((card) => !now.includes(card.dataset["videoId"] ?? ""));
    const hadFocus = gone.some((card) => card.contains(document.activeElement));
    for (const card of gone) card.remove();
    asked -= ids.filter((id, at) => at < asked && !now.includes(id)).length;
    ids = now;
    if (hadFocus) need(page!, "[data-own-title]").focus();
    if (cards.children.length === 0) void load();
    else settle("cards");
  }

  document.addEventListener(LIBRARY_EVENT, follow);
  more.addEventListener("click", () => void load());
  need(page, "[data-own-retry]").addEventListener("click", begin);
  wireFile(page, begin);
  wireClear(page, list);
  begin();
}

function wireFile(page: HTMLElement, onImported: () => void): void {
  const field = need<HTMLInputElement>(page, "[data-own-file]");
  need(page, "[data-own-export]").addEventListener("click", () => {
    const file = new Blob([exported(loadLibrary(), new Date())], { type: "application/json" });
    const address = URL.createObjectURL(file);
    el("a", { href: address, download: "vlog-library.json" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
    tell(t("History and watch later are exported."));
  });
  need(page, "[data-own-import]").addEventListener("click", () => field.click());
  field.addEventListener("change", () => {
    const file = field.files?.[0];
    field.value = "";
    if (file === undefined) return;
    void file.text().then((text) => {
      const found = imported(text);
      if (found === null) return tell(t("This file holds no exported list."));
      saveLibrary(merged(loadLibrary(), found));
      onImported();
      tell(t("The lists of this file were added to yours."));
    });
  });
}

function wireClear(page: HTMLElement, list: keyof Library): void {
  const dialog = need<HTMLDialogElement>(document, "[data-own-dialog]");
  need(page, "[data-own-clear]").addEventListener("click", () => {
    dialog.returnValue = "";
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "clear") return;
    saveLibrary({ ...loadLibrary(), [list]: emptyLibrary()[list] });
    tell(t("The list is empty now."));
    need(page, "[data-own-title]").focus();
  });
}
