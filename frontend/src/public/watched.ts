import { el } from "../shared/dom";
import { t } from "../shared/words";
import { loadPositions, watchedPercent } from "../player/positions";

/** Draws on each card how much of it this browser has watched. */
export function showWatched(root: ParentNode): void {
  const positions = loadPositions();
  for (const card of root.querySelectorAll<HTMLElement>(".video-card[data-video-id]")) {
    const watched = watchedPercent(positions[card.dataset["videoId"] ?? ""]);
    if (watched === null || card.querySelector(".watched-bar") !== null) continue;
    const fill = el("span");
    fill.style.setProperty("--watched", watched.toFixed(1));
    card.querySelector(".video-card-picture")?.append(
      el("div", { class: "watched-bar" }, fill, el("span", { class: "sr-only" }, t("%(percent)s % watched", { percent: Math.round(watched) }))),
    );
  }
}
