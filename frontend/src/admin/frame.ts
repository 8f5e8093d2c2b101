import { isTyping, need } from "../shared/dom";
import { goAfter, type Pressed } from "./go-keys";

/** The frame around every admin page: the drawer of small windows, the keys that work everywhere. */
export function wireFrame(): void {
  wireDrawer();
  wireKeys();
}

function wireDrawer(): void {
  const sidebar = need(document, "[data-sidebar]");
  const opener = need<HTMLButtonElement>(document, "[data-sidebar-open]");
  const behind = [need(document, "#main"), need(document, ".admin-bar")];
  const wide = matchMedia("(min-width: 64rem)");

  const show = (open: boolean): void => {
    sidebar.dataset["open"] = String(open);
    opener.setAttribute("aria-expanded", String(open));
    for (const part of behind) part.inert = open;
    document.documentElement.classList.toggle("overflow-hidden", open);
    if (open) (sidebar.querySelector<HTMLElement>("[aria-current]") ?? sidebar).focus();
    else if (!wide.matches) opener.focus();
  };
  opener.addEventListener("click", () => show(true));
  need(document, "[data-sidebar-close]").addEventListener("click", () => show(false));
  need(document, "[data-sidebar-veil]").addEventListener("click", () => show(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && sidebar.dataset["open"] === "true") show(false);
  });
  wide.addEventListener("change", () => sidebar.dataset["open"] === "true" && show(false));
}

function wireKeys(): void {
  const help = need<HTMLDialogElement>(document, "[data-shortcuts]");
  need(document, "[data-shortcuts-open]").addEventListener("click", () => help.showModal());
  const targets = new Map<string, string>();
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-go]")) targets.set(link.dataset["go"] ?? "", link.href);
  let before: Pressed = { key: "", at: 0 };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape" && event.target instanceof HTMLElement) event.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]") !== null || inPlayer(event.target)) return;
    const pressed = { key: event.key, at: event.timeStamp };
    const target = goAfter(before, pressed, targets);
    before = pressed;
    if (target !== null) location.assign(target);
    else if (event.key === "?") help.showModal();
    else if (event.key === "/") focusSearch(event);
  });
}

// The player has keys of its own while it has the focus.
function inPlayer(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(".player") !== null;
}

function focusSearch(event: KeyboardEvent): void {
  const field = [...document.querySelectorAll<HTMLInputElement>("#main input[type=search]")].find((one) => one.checkVisibility());
  if (field === undefined) return;
  event.preventDefault();
  field.focus();
  field.select();
}
