import { t } from "../shared/words";

/** A long description shows its beginning until somebody wants more. The server knows which are long, so nothing jumps. */
export function wireFold(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-unfold]");
  const text = document.querySelector<HTMLElement>("[data-description]");
  if (button === null || text === null) return;
  function show(open: boolean): void {
    text!.toggleAttribute("data-open", open);
    button!.setAttribute("aria-expanded", String(open));
    button!.textContent = open ? t("Less") : t("More");
  }
  button.addEventListener("click", () => show(!text.hasAttribute("data-open")));
  // Whoever reaches a link below the fold by keyboard sees it.
  text.addEventListener("focusin", () => show(true));
}
