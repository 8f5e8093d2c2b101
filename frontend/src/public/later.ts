import { need } from "../shared/dom";
import { t } from "../shared/words";
import { isForLater, LIBRARY_EVENT, toggleLater } from "./library-store";

/** The button that puts this video aside, in this browser. */
export function wireLater(page: ParentNode, id: string): void {
  const button = page.querySelector<HTMLButtonElement>("[data-later]");
  if (button === null) return;
  const words = need(button, "[data-later-text]");
  function show(): void {
    const isThere = isForLater(id);
    button!.setAttribute("aria-pressed", String(isThere));
    words.textContent = isThere ? t("Saved for later") : t("Watch later");
  }
  button.addEventListener("click", () => {
    toggleLater(id);
    show();
  });
  document.addEventListener(LIBRARY_EVENT, show);
  addEventListener("storage", show);
  show();
  button.hidden = false;
}
