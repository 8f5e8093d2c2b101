import { nextItem } from "./menu-keys";

/** A button that opens a menu: roving focus, Escape gives the focus back, a press elsewhere closes. */
export interface Menu {
  readonly isOpen: boolean;
  open(focus?: "first" | "checked" | "last"): void;
  close(returnFocus?: boolean): void;
}

interface MenuHooks {
  /** Called with the item (a [role^=menuitem] element) that was chosen; the menu is closed by then. */
  onChoose(item: HTMLElement): void;
  onOpen?(): void;
  onClose?(): void;
}

export function itemsOf(panel: HTMLElement): HTMLElement[] {
  return [...panel.querySelectorAll<HTMLElement>("[role^=menuitem]:not([hidden])")];
}

export function wireMenu(button: HTMLElement, panel: HTMLElement, hooks: MenuHooks, signal?: AbortSignal): Menu {
  const listen = signal === undefined ? {} : { signal };

  function focusItem(items: HTMLElement[], index: number): void {
    items.forEach((item, at) => item.setAttribute("tabindex", at === index ? "0" : "-1"));
    items[index]?.focus();
  }

  function open(focus: "first" | "checked" | "last" = "checked"): void {
    panel.hidden = false;
    button.setAttribute("aria-expanded", "true");
    hooks.onOpen?.();
    const items = itemsOf(panel);
    const checked = items.findIndex((item) => item.getAttribute("aria-checked") === "true");
    focusItem(items, focus === "last" ? items.length - 1 : focus === "checked" ? Math.max(0, checked) : 0);
  }

  function close(returnFocus = false): void {
    if (panel.hidden) return;
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (returnFocus) button.focus();
    hooks.onClose?.();
  }

  function choose(item: HTMLElement): void {
    if (item.getAttribute("aria-disabled") === "true") return;
    close(true);
    hooks.onChoose(item);
  }

  function onPanelKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation();
    const items = itemsOf(panel);
    const current = items.findIndex((item) => item === document.activeElement);
    if (event.key === "Tab") return close();
    if (event.key === "Escape") close(true);
    else if ((event.key === "Enter" || event.key === " ") && items[current]) choose(items[current]);
    else {
      const next = nextItem(event.key, current, items.map((item) => item.textContent ?? ""));
      if (next === null) return;
      focusItem(items, next);
    }
    event.preventDefault();
  }

  button.addEventListener("click", () => (panel.hidden ? open() : close(true)), listen);
  button.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      event.stopPropagation();
      open(event.key === "ArrowUp" ? "last" : "checked");
    },
    listen,
  );
  panel.addEventListener("keydown", onPanelKey, listen);
  panel.addEventListener(
    "click",
    (event) => {
      const item = event.target instanceof Element ? event.target.closest<HTMLElement>("[role^=menuitem]") : null;
      if (item) choose(item);
    },
    listen,
  );
  document.addEventListener(
    "pointerdown",
    (event) => {
      const target = event.target as Node;
      if (!panel.contains(target) && !button.contains(target)) close();
    },
    listen,
  );
  panel.addEventListener(
    "focusout",
    (event) => {
      const next = event.relatedTarget;
      if (next instanceof Node && !panel.contains(next) && next !== button) close();
    },
    listen,
  );

  return { open, close, get isOpen() { return !panel.hidden; } };
}
