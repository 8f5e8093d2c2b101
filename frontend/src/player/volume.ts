import { need } from "../shared/dom";
import { percent } from "../shared/format";
import { readStored, writeStored } from "../shared/storage";
import type { Actions } from "./actions";
import type { Stage } from "./stage";
import { t } from "../shared/words";

const VOLUME_KEY = "vlog:volume";

/** "0.4" or "0.4 muted" → what to set; a broken memory is full volume. */
export function parseVolume(text: string | null): { volume: number; muted: boolean } {
  const [number, word] = (text ?? "1").split(" ");
  const volume = Number(number);
  return { volume: number !== "" && volume >= 0 && volume <= 1 ? volume : 1, muted: word === "muted" };
}

/** Mute button and volume slider; the last volume is remembered, but not on behalf of other sites. */
export function wireVolume(stage: Stage, actions: Actions, remembers: boolean): void {
  const { root, video, signal } = stage;
  const slider = need<HTMLInputElement>(root, "[data-volume]");
  const button = need(root, "[data-act=mute]");

  function show(): void {
    const heard = video.muted ? 0 : video.volume;
    slider.value = String(heard);
    slider.style.setProperty("--level", String(heard));
    slider.setAttribute("aria-valuetext", percent(heard * 100));
    root.toggleAttribute("data-muted", heard === 0);
    button.setAttribute("aria-label", heard === 0 ? t("Sound on") : t("Sound off"));
    if (remembers) writeStored(VOLUME_KEY, `${video.volume}${video.muted ? " muted" : ""}`);
  }

  const { volume, muted } = parseVolume(readStored(VOLUME_KEY));
  video.volume = volume;
  video.muted = muted;
  video.addEventListener("volumechange", show, { signal });
  slider.addEventListener("input", () => actions.setVolume(Number(slider.value)), { signal });
  show();
}
