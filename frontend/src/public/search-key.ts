import { isTyping } from "../shared/dom";

/** "/" leads to the search field, as on most sites with one. */
export function wireSearchKey(): void {
  const field = document.querySelector<HTMLInputElement>("[data-search-input]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || field === null) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}
