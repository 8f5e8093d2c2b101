import { copyText, el } from "../shared/dom";
import { wireMenu } from "../shared/menu";
import { t } from "../shared/words";
import { forget, isForLater, loadLibrary, toggleLater } from "./library-store";
import { tell } from "./toast";

/** The small menu on each card: watch later, forget, copy the address. Made when it is first asked for. */
export function wireCardMenus(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-card-menu]") : null;
    if (button === null || button.dataset["cardMenu"] === "wired") return;
    button.dataset["cardMenu"] = "wired";
    wire(button);
  });
}

/** Without a script there is nothing to choose, so the buttons come hidden. */
export function showCardMenus(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLElement>("[data-card-menu]")) button.hidden = false;
}

function wire(button: HTMLElement): void {
  const card = button.closest<HTMLElement>("[data-video-id]");
  const id = card?.dataset["videoId"];
  if (card == null || id === undefined) return;
  const item = (deed: string): HTMLElement => el("button", { type: "button", role: "menuitem", tabindex: "-1", "data-deed": deed });
  const later = item("later");
  const history = item("history");
  const copy = item("copy");
  copy.textContent = t("Copy link");
  history.textContent = t("Remove from history");
  // In the top layer: rows that scroll sideways would cut it off.
  const panel = el("div", { class: "menu card-menu-panel", role: "menu", popover: "manual", hidden: true }, later, history, copy);
  button.after(panel);
  const closeOnScroll = (): void => menu.close();

  const menu = wireMenu(button, panel, {
    onOpen() {
      later.textContent = isForLater(id) ? t("Remove from watch later") : t("Watch later");
      history.hidden = !(id in loadLibrary().history);
      panel.showPopover();
      place(panel, button);
      addEventListener("scroll", closeOnScroll, { once: true, capture: true });
    },
    onClose: () => panel.matches(":popover-open") && panel.hidePopover(),
    onChoose(chosen) {
      void act(chosen.dataset["deed"] ?? "", id, card);
    },
  });
  menu.open("first");
}

function place(panel: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const below = at.bottom + panel.offsetHeight + 8 < innerHeight;
  panel.style.setProperty("top", `${below ? at.bottom : Math.max(8, at.top - panel.offsetHeight)}px`);
  panel.style.setProperty("left", `${Math.max(8, Math.min(at.right - panel.offsetWidth, innerWidth - panel.offsetWidth - 8))}px`);
}

async function act(deed: string, id: string, card: HTMLElement): Promise<void> {
  if (deed === "later") tell(toggleLater(id) ? t("Saved to watch later.") : t("Removed from watch later."));
  if (deed === "history") {
    forget("history", id);
    tell(t("Removed from history."));
  }
  if (deed === "copy") {
    const address = new URL(card.querySelector("a")?.getAttribute("href") ?? "/", location.href).href;
    tell((await copyText(address)) ? t("Link copied.") : t("Your browser did not allow copying."));
  }
}
