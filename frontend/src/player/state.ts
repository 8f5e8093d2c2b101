import { need } from "../shared/dom";
import { clock } from "../shared/format";
import { durationOf, type Stage } from "./stage";
import { t } from "../shared/words";

/** Mirrors the <video> onto the player's attributes, from which the style sheet draws; and the time, play and pause labels. */
export function wireState({ root, video, signal }: Stage): void {
  const current = need(root, "[data-current]");
  const total = need(root, "[data-total]");
  const buttons = root.querySelectorAll<HTMLButtonElement>("[data-act=toggle]");

  function show(): void {
    const state = video.ended ? "ended" : video.paused ? "paused" : "playing";
    root.dataset["state"] = state;
    if (state === "playing") root.setAttribute("data-started", "");
    const name = state === "playing" ? t("Pause") : state === "ended" ? t("Play again") : t("Play");
    for (const button of buttons) button.setAttribute("aria-label", name);
  }

  function waiting(on: boolean): void {
    root.toggleAttribute("data-waiting", on);
  }

  const time = (): void => void (current.textContent = clock(video.currentTime));
  for (const event of ["play", "pause", "ended", "emptied", "seeking"]) video.addEventListener(event, show, { signal });
  for (const event of ["waiting", "seeking"]) video.addEventListener(event, () => waiting(true), { signal });
  for (const event of ["playing", "canplay", "seeked", "pause", "emptied"]) video.addEventListener(event, () => waiting(false), { signal });
  video.addEventListener("timeupdate", time, { signal });
  video.addEventListener("seeking", time, { signal });
  video.addEventListener("durationchange", () => (total.textContent = clock(durationOf(video))), { signal });
}
