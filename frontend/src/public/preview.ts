import { el } from "../shared/dom";

const PAUSE_MS = 500;

/** Nobody who saves data or wishes for calm is shown pictures that move by themselves. */
function isWelcome(): boolean {
  const connection = (navigator as { connection?: { saveData?: boolean } }).connection;
  return !matchMedia("(prefers-reduced-motion: reduce)").matches && connection?.saveData !== true;
}

/** A short silent preview on cards that have one, while the pointer or the focus rests on them. */
export function wirePreviews(): void {
  let timer = 0;
  let shown: HTMLElement | null = null;

  function stop(): void {
    clearTimeout(timer);
    shown?.querySelector(".card-preview")?.remove();
    shown = null;
  }

  function start(card: HTMLElement): void {
    const picture = card.querySelector(".video-card-picture");
    const source = card.dataset["preview"];
    if (picture === null || source === undefined) return;
    const film = el("video", { class: "card-preview", src: source, playsinline: true, loop: true, "aria-hidden": "true", tabindex: "-1" });
    film.muted = true;
    film.addEventListener("playing", () => film.toggleAttribute("data-plays", true));
    film.addEventListener("error", () => film.remove());
    picture.append(film);
    film.play().catch(() => film.remove());
  }

  function attend({ target }: Event): void {
    const card = target instanceof Element ? target.closest<HTMLElement>("[data-preview]") : null;
    if (card === shown) return;
    stop();
    if (card === null || !isWelcome()) return;
    shown = card;
    timer = window.setTimeout(() => start(card), PAUSE_MS);
  }

  document.addEventListener("pointerover", (event) => event.pointerType === "mouse" && attend(event));
  document.addEventListener("focusin", attend);
  document.documentElement.addEventListener("pointerleave", stop);
}
