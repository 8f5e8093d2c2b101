/** "Load more" without leaving the page: fetches the next page and moves its cards here. Without script it is a link. */
export function wireLoadMore(onAdded: (root: ParentNode) => void): void {
  const grid = document.querySelector<HTMLElement>("[data-video-grid]");
  const status = document.querySelector<HTMLElement>("[data-load-status]");
  if (grid === null || status === null) return;

  async function load(link: HTMLAnchorElement): Promise<void> {
    link.setAttribute("aria-disabled", "true");
    link.textContent = "Loading…";
    try {
      const response = await fetch(link.href, { headers: { Accept: "text/html" } });
      if (!response.ok) throw new Error(String(response.status));
      add(new DOMParser().parseFromString(await response.text(), "text/html"), link);
    } catch {
      link.removeAttribute("aria-disabled");
      link.textContent = "Load more";
      status!.textContent = "That did not work. Try again.";
    }
  }

  function add(page: Document, link: HTMLAnchorElement): void {
    const cards = [...page.querySelectorAll<HTMLElement>("[data-video-grid] > *")].map((card) => document.adoptNode(card));
    grid!.append(...cards);
    onAdded(grid!);
    status!.textContent = `${cards.length} more ${cards.length === 1 ? "video" : "videos"}`;
    const next = page.querySelector<HTMLAnchorElement>("[data-load-more] a");
    if (next === null) link.parentElement?.remove();
    else {
      link.href = next.href;
      link.removeAttribute("aria-disabled");
      link.textContent = "Load more";
    }
    cards[0]?.querySelector("a")?.focus({ preventScroll: true });
  }

  document.querySelector("[data-load-more]")?.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || (event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey))) return;
    event.preventDefault();
    if (link.getAttribute("aria-disabled") !== "true") void load(link);
  });
}
