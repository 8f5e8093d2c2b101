import { need } from "../shared/dom";
import { t } from "../shared/words";
import { formAddress } from "./form-address";
import { dressCards } from "./frame";
import { wireLoadMore } from "./load-more";
import { tell } from "./toast";

const PAGE = "[data-search-page]";

/** The search page without reloading: a filter, a chip or the order is fetched, shown and announced. */
export function wireSearchPage(): void {
  const page = document.querySelector<HTMLElement>(PAGE);
  if (page === null) return;
  let asking = new AbortController();
  let lists = new AbortController();
  wireLoadMore(dressCards, lists.signal);

  async function show(address: string): Promise<void> {
    asking.abort();
    asking = new AbortController();
    page!.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(address, { headers: { Accept: "text/html" }, signal: asking.signal });
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      const found = fresh.querySelector<HTMLElement>(PAGE);
      // A refusal is a page of its own.
      if (found === null) return location.assign(address);
      document.title = fresh.title;
      take(document.adoptNode(found));
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      tell(t("Loading did not work. Try again."));
    }
    page!.removeAttribute("aria-busy");
  }

  function take(found: HTMLElement): void {
    const isOpen = page!.querySelector<HTMLDetailsElement>("[data-filter-drawer]")?.open ?? false;
    const focused = focusedPart();
    const total = need(page!, "[data-search-total]");
    // The line that is read out stays in the page: a live region speaks when its text changes.
    const fresh = need(found, "[data-search-total]");
    total.textContent = fresh.textContent;
    fresh.replaceWith(total);
    page!.replaceChildren(...found.childNodes);
    need<HTMLDetailsElement>(page!, "[data-filter-drawer]").open = isOpen;
    if (focused !== null) (page!.querySelector<HTMLElement>(focused) ?? need(page!, "summary")).focus({ preventScroll: true });
    lists.abort();
    lists = new AbortController();
    dressCards(page!);
    wireLoadMore(dressCards, lists.signal);
  }

  /** Where the focus is, in words that find the same place in the page that comes. */
  function focusedPart(): string | null {
    const at = document.activeElement;
    if (at === null || !page!.contains(at)) return null;
    if (at instanceof HTMLInputElement && at.type !== "date") return `[name="${CSS.escape(at.name)}"][value="${CSS.escape(at.value)}"]`;
    if (at instanceof HTMLInputElement || at instanceof HTMLSelectElement) return `[name="${CSS.escape(at.name)}"]`;
    return "summary";
  }

  function go(address: string): void {
    history.pushState(null, "", address);
    void show(address);
  }

  function goByForm(): void {
    const form = need<HTMLFormElement>(page!, "[data-search-filters]");
    const entries = [...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]);
    const hasWords = entries.some(([name, value]) => name === "search" && value !== "");
    go(formAddress("/search", entries, { sort: hasWords ? "relevance" : "newest" }));
  }

  page.addEventListener("change", ({ target }) => {
    // A date that is still being typed is none yet.
    if (target instanceof HTMLInputElement && !target.checkValidity()) return;
    goByForm();
  });
  page.addEventListener("submit", (event) => {
    event.preventDefault();
    need<HTMLDetailsElement>(page, "[data-filter-drawer]").open = false;
    need(page, "[data-search-results]").scrollIntoView({ block: "start" });
  });
  page.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("[data-search-link]") : null;
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link.href);
  });
  addEventListener("popstate", () => void show(location.href));
}
