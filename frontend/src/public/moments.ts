import type { Player } from "../player/player";

/** The second that a link of this page leads to: of a chapter, or of a time in the description. */
export function momentOf(link: HTMLAnchorElement): number | null {
  const given = link.dataset["seekTo"] ?? /^\?t=(\d+)$/.exec(link.getAttribute("href") ?? "")?.[1];
  const seconds = Number(given);
  return given !== undefined && Number.isFinite(seconds) ? seconds : null;
}

/** Links to moments seek instead of loading the page anew, and the present chapter is marked in the list. */
export function wireMoments(page: Document, player: Player): void {
  page.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("[data-chapters] a, [data-description] a") : null;
    const seconds = link === null ? null : momentOf(link);
    if (seconds === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    player.actions.seekTo(seconds);
    void player.actions.play();
    player.show();
  });

  const links = [...page.querySelectorAll<HTMLAnchorElement>("[data-chapters] a")];
  const starts = links.map((link) => momentOf(link) ?? 0);
  function mark(): void {
    const now = player.video.currentTime + 0.05;
    const at = starts.reduce((best, start, index) => (start <= now && start >= (starts[best] ?? -1) ? index : best), -1);
    links.forEach((link, index) => (index === at ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  }
  if (links.length === 0) return;
  player.video.addEventListener("timeupdate", mark);
  player.video.addEventListener("seeking", mark);
  mark();
}
