/** Disclosures of the bar close when one goes elsewhere; Escape gives the focus back. */
export function wireDisclosures(): void {
  const open = (): HTMLDetailsElement[] => [...document.querySelectorAll<HTMLDetailsElement>("details[data-disclosure][open]")];
  document.addEventListener("pointerdown", ({ target }) => {
    for (const each of open()) if (target instanceof Node && !each.contains(target)) each.open = false;
  });
  document.addEventListener("focusin", ({ target }) => {
    for (const each of open()) if (target instanceof Node && !each.contains(target)) each.open = false;
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    for (const each of open()) {
      const hadFocus = each.contains(document.activeElement);
      each.open = false;
      if (hadFocus) each.querySelector<HTMLElement>("summary")?.focus();
    }
  });
}
