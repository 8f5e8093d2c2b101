import { loadPositions, worthResuming } from "../player/positions";
import { t } from "../shared/words";
import { isDone, loadLibrary } from "./library-store";

/** What is next in a playlist: the first video that was begun or not yet seen to its end; null when all are done. */
export function nextOf(ids: readonly string[], done: (id: string) => boolean, begun: (id: string) => boolean): string | null {
  if (!ids.some((id) => done(id) || begun(id))) return null;
  return ids.find((id) => !done(id)) ?? null;
}

/** 0–100 of a course; only what is wholly done counts, and 100 means all. */
export function coursePercent(done: number, total: number): number {
  return total <= 0 ? 0 : Math.min(100, Math.floor((done / total) * 100));
}

/** A playlist's page: ticks on what was watched, progress of a course, and a button that goes on where one stopped. */
export function showPlaylistProgress(): void {
  const page = document.querySelector<HTMLElement>("[data-playlist]");
  if (page === null) return;
  const library = loadLibrary();
  const positions = loadPositions();
  const cards = [...page.querySelectorAll<HTMLElement>("[data-video-id]")];
  const ids = cards.map((card) => card.dataset["videoId"] ?? "");
  for (const card of cards) {
    const tick = card.querySelector<HTMLElement>("[data-done]");
    if (tick !== null) tick.hidden = !isDone(library, card.dataset["videoId"] ?? "");
  }
  const next = nextOf(ids, (id) => isDone(library, id), (id) => worthResuming(positions[id]) !== null);
  const go = page.querySelector<HTMLAnchorElement>("[data-playlist-go]");
  const href = cards.find((card) => card.dataset["videoId"] === next)?.querySelector("a")?.getAttribute("href");
  const words = go?.querySelector("[data-playlist-go-words]");
  if (go !== null && href != null && words != null) {
    go.href = href;
    words.textContent = t("Continue");
  }
  showCourse(page, ids.filter((id) => isDone(library, id)).length);
}

function showCourse(page: HTMLElement, done: number): void {
  const place = page.querySelector<HTMLElement>("[data-course-progress]");
  const bar = place?.querySelector("progress");
  const words = place?.querySelector("[data-course-words]");
  if (place == null || bar == null || words == null) return;
  const total = Number(page.dataset["playlistTotal"]);
  const percent = coursePercent(done, total);
  bar.value = percent;
  words.textContent = t("%(done)s of %(total)s watched – %(percent)s %", { done, total, percent });
}
