import { isTyping } from "../shared/dom";

/** The search field of the bar: "/" leads to it, and on phones a button makes room for it. */
export function wireSearchField(): void {
  const bar = document.querySelector<HTMLElement>("[data-topbar]");
  const field = document.querySelector<HTMLInputElement>("[data-search-input]");
  if (bar === null || field === null) return;

  function reach(event: Event): void {
    event.preventDefault();
    bar?.classList.add("topbar-searching");
    field?.focus();
    field?.select();
  }

  document.querySelector("[data-search-open]")?.addEventListener("click", reach);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    reach(event);
  });
}
