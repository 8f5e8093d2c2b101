import { t, tn } from "../shared/words";
import { atTheEnd, placeIn } from "./loading-on";

/** The next pages of a list, without leaving this one: a few by themselves, then by a button. Without script there
 *  are links. Who comes back finds the place they left. */
export function wireLoadMore(onAdded: (root: ParentNode) => void, signal?: AbortSignal): void {
  const listen = signal === undefined ? {} : { signal };
  const list = document.querySelector<HTMLElement>("[data-video-grid]");
  const status = document.querySelector<HTMLElement>("[data-load-status]");
  const place = document.querySelector<HTMLElement>("[data-load-more]");
  const link = place?.querySelector<HTMLAnchorElement>("[data-load-next]");
  if (list === null || status === null || place === null || link == null) return;
  let pages = 0;
  let busy = false;

  function settle(text = t("Load more")): void {
    busy = false;
    link!.removeAttribute("aria-disabled");
    link!.textContent = text;
  }

  async function load(): Promise<boolean> {
    if (busy) return false;
    busy = true;
    link!.setAttribute("aria-disabled", "true");
    link!.textContent = t("Loading…");
    try {
      const response = await fetch(link!.href, { headers: { Accept: "text/html" } });
      if (!response.ok) throw new Error(String(response.status));
      add(new DOMParser().parseFromString(await response.text(), "text/html"));
      return true;
    } catch {
      settle(t("Try again"));
      status!.textContent = t("Loading did not work. Try again.");
      return false;
    }
  }

  function add(page: Document): void {
    const cards = [...page.querySelectorAll<HTMLElement>("[data-video-grid] > *")].map((card) => document.adoptNode(card));
    const hadFocus = document.activeElement === link;
    list!.append(...cards);
    onAdded(list!);
    pages += 1;
    status!.textContent = tn("%(count)s more", "%(count)s more", cards.length);
    const next = page.querySelector<HTMLAnchorElement>("[data-load-next]");
    if (next === null) place!.remove();
    else link!.href = next.href;
    settle();
    if (hadFocus) cards[0]?.querySelector("a")?.focus({ preventScroll: true });
  }

  async function comeBack(): Promise<void> {
    const left = placeIn(history.state);
    if (left === null) return;
    history.scrollRestoration = "manual";
    while (pages < left.pages && link!.isConnected) if (!(await load())) break;
    scrollTo({ top: left.y, behavior: "instant" });
    history.scrollRestoration = "auto";
  }

  place.addEventListener("click", (event) => {
    const on = event.target instanceof Element ? event.target.closest("[data-load-next]") : null;
    if (on === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void load();
  });
  addEventListener("pagehide", () => {
    const state: object = typeof history.state === "object" && history.state !== null ? history.state : {};
    history.replaceState({ ...state, vlogPlace: pages > 0 ? { pages, y: scrollY } : null }, "");
  }, listen);
  const watcher = new IntersectionObserver(([entry]) => {
    if (entry?.isIntersecting === true && atTheEnd(pages, place.isConnected) === "load") void load();
  }, { rootMargin: "600px 0px" });
  signal?.addEventListener("abort", () => watcher.disconnect());
  void comeBack().then(() => signal?.aborted === true || watcher.observe(place));
}
