/** Follows the inputs of a list. The answer tells the row ([data-row-id]) in which something is typed that is not saved yet. */
export function followTyping(list: HTMLElement): () => number | null {
  let begun = "";
  list.addEventListener("focusin", ({ target }) => {
    begun = target instanceof HTMLInputElement ? target.value : "";
  });
  return () => {
    const field = document.activeElement;
    if (!(field instanceof HTMLInputElement) || !list.contains(field) || field.value === begun) return null;
    return Number(field.closest<HTMLElement>("[data-row-id]")?.dataset["rowId"]) || null;
  };
}
