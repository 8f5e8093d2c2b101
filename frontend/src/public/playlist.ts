import { need } from "../shared/dom";
import { readStored, writeStored } from "../shared/storage";
import { t, tn } from "../shared/words";
import type { Player } from "../player/player";
import { isDone, LIBRARY_EVENT, loadLibrary } from "./library-store";

const AUTOPLAY_KEY = "vlog:autoplay-next";
/** Set for the one page that follows by itself. */
const GOING_ON_KEY = "vlog:going-on";
const COUNTDOWN_SECONDS = 8;

/** Whether this page follows another by itself; asked once. */
export function takeGoingOn(): boolean {
  try {
    const going = sessionStorage.getItem(GOING_ON_KEY) === location.pathname;
    sessionStorage.removeItem(GOING_ON_KEY);
    return going;
  } catch {
    return false;
  }
}

function goTo(link: HTMLAnchorElement): void {
  try {
    sessionStorage.setItem(GOING_ON_KEY, new URL(link.href).pathname);
  } catch {
    // Without this memory the next page waits for a press.
  }
  location.assign(link.href);
}

/** The playlist beside the player: ticks on what was seen, the way to the next one, by itself where wanted. */
export function wirePlaylist(page: ParentNode, player: Player): void {
  const panel = page.querySelector<HTMLElement>("[data-playlist]");
  if (panel === null) return;
  const following = panel.querySelector<HTMLAnchorElement>("[data-playlist-next]");
  const previous = panel.querySelector<HTMLAnchorElement>("[data-playlist-previous]");
  player.onStep((by) => {
    const link = by > 0 ? following : previous;
    if (link !== null) goTo(link);
  });
  showSeen(panel);
  document.addEventListener(LIBRARY_EVENT, () => showSeen(panel));
  keepInView(panel);
  wireAutoplay(panel, following, player);
}

function keepInView(panel: HTMLElement): void {
  const list = need(panel, "[data-playlist-items]");
  const row = list.querySelector<HTMLElement>("[aria-current]");
  if (row !== null) list.scrollTop = row.offsetTop - list.offsetTop - 8;
}

/** Ticks; a course also counts them. */
function showSeen(panel: HTMLElement): void {
  const library = loadLibrary();
  const rows = [...panel.querySelectorAll<HTMLElement>("[data-video-id]")];
  const done = rows.filter((row) => isDone(library, row.dataset["videoId"] ?? ""));
  for (const row of rows) {
    row.toggleAttribute("data-done", done.includes(row));
    need(row, "[data-seen]").hidden = !done.includes(row);
  }
  if (panel.dataset["type"] !== "course") return;
  const words = tn("%(count)s watched", "%(count)s watched", done.length);
  need(panel, "[data-playlist-done]").textContent = ` · ${words}`;
}

function wireAutoplay(panel: HTMLElement, following: HTMLAnchorElement | null, player: Player): void {
  const choice = need<HTMLInputElement>(panel, "[data-autoplay-next]");
  choice.checked = readStored(AUTOPLAY_KEY) !== "off";
  choice.addEventListener("change", () => writeStored(AUTOPLAY_KEY, choice.checked ? null : "off"));
  if (following === null) return;
  const countdown = makeCountdown(player, following);
  player.video.addEventListener("ended", () => choice.checked && countdown.start());
  for (const event of ["play", "seeking"]) player.video.addEventListener(event, countdown.stop);
  choice.addEventListener("change", countdown.stop);
}

function makeCountdown(player: Player, link: HTMLAnchorElement): { start(): void; stop(): void } {
  const note = need(player.root, "[data-upcoming]");
  const words = need(note, "[data-upcoming-text]");
  const title = link.dataset["title"] ?? "";
  let timer = 0;
  let left = 0;

  function say(): void {
    words.textContent = t("%(title)s in %(seconds)s s", { title, seconds: left });
  }
  function stop(): void {
    clearInterval(timer);
    note.hidden = true;
  }
  function start(): void {
    left = COUNTDOWN_SECONDS;
    say();
    note.hidden = false;
    // Said once: a countdown that is read out second by second helps nobody.
    need(note, "[data-upcoming-status]").textContent = t("Next: %(title)s", { title });
    clearInterval(timer);
    timer = window.setInterval(() => {
      left -= 1;
      if (left > 0) return say();
      stop();
      goTo(link);
    }, 1000);
  }
  need(note, "[data-upcoming-now]").addEventListener("click", () => goTo(link));
  need(note, "[data-upcoming-cancel]").addEventListener("click", () => {
    stop();
    player.root.focus({ preventScroll: true });
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && stop());
  return { start, stop };
}
