import { el, need } from "../shared/dom";
import { t, tn } from "../shared/words";
import { fetchSuggestions, nextOption, optionsFor, type Option } from "./suggestions";

const PAUSE_MS = 140;

/** The search field as a combobox with a list of suggestions (WAI-ARIA 1.2 "combobox" with list autocomplete). */
export function wireSuggest(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("[data-suggest]")) wire(form);
}

function wire(form: HTMLFormElement): void {
  const field = need<HTMLInputElement>(form, "[data-search-input]");
  const list = need(form, "[data-suggestions]");
  const status = need(form, "[data-suggest-status]");
  let options: Option[] = [];
  let current = -1;
  let timer = 0;
  let asking = new AbortController();

  function choose(index: number): void {
    current = index;
    [...list.children].forEach((line, at) => line.setAttribute("aria-selected", String(at === index)));
    if (index < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", `${list.id}-${index}`);
    list.children[index]?.scrollIntoView({ block: "nearest" });
  }

  function close(): void {
    clearTimeout(timer);
    asking.abort();
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    choose(-1);
  }

  function show(found: Option[]): void {
    options = found;
    list.replaceChildren(...found.map((option, at) => line(option, `${list.id}-${at}`)));
    if (found.length === 0) return close();
    choose(-1);
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    status.textContent = tn("%(count)s suggestion", "%(count)s suggestions", found.length);
  }

  async function ask(): Promise<void> {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const typed = field.value;
    try {
      const found = await fetchSuggestions(typed, signal);
      if (!signal.aborted && document.activeElement === field) show(optionsFor(typed, found));
    } catch {
      // Nothing to suggest: searching works all the same.
    }
  }

  function go({ kind, text, href }: Option): void {
    close();
    if (kind === "video") return location.assign(href);
    field.value = text;
    form.requestSubmit();
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (field.value.trim() === "") return close();
    timer = window.setTimeout(() => void ask(), PAUSE_MS);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const next = list.hidden ? null : nextOption(event.key, current, options.length);
    const chosen = options[current];
    if (next !== null) choose(next);
    else if (event.key === "Escape" && !list.hidden) close();
    else if (event.key === "Enter" && !list.hidden && chosen !== undefined) go(chosen);
    else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", ({ target }) => {
    const at = target instanceof Element ? [...list.children].indexOf(target.closest("[role=option]") ?? list) : -1;
    if (options[at] !== undefined) go(options[at]);
  });
  field.addEventListener("blur", close);
  form.addEventListener("submit", close);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");
  field.setAttribute("aria-controls", list.id);
}

function line({ kind, text }: Option, id: string): HTMLElement {
  const words = el("span", { dir: "auto" }, text);
  const note = kind === "video" ? [el("span", { class: "menu-hint" }, t("Video"))] : [];
  return el("div", { class: "suggestion", role: "option", id, "aria-selected": "false" }, words, ...note);
}
