import { need } from "../shared/dom";
import { clock, spoken } from "../shared/format";
import { t } from "../shared/words";
import type { Actions } from "./actions";
import { bufferedGradient, rangesOf } from "./ranges";
import { durationOf, type Stage } from "./stage";

const SCRUB_EVERY_MS = 120;

/** The seek bar: a real range input over a drawn track with buffered stretches and the time under the pointer. */
export function wireSeekBar(stage: Stage, actions: Actions, chapterOf: (seconds: number) => string | null): void {
  const { root, video, signal } = stage;
  const bar = need(root, "[data-seek]");
  const input = need<HTMLInputElement>(bar, "[data-seek-input]");
  const buffered = need(bar, "[data-buffered]");
  const tip = need(bar, "[data-seek-tip]");
  const chapter = need(bar, "[data-seek-chapter]");
  const box = need(bar, ".seek-tip");
  let dragging = false;
  let lastScrub = 0;

  function place(seconds: number): void {
    const duration = durationOf(video);
    bar.style.setProperty("--played", String(duration > 0 ? seconds / duration : 0));
    input.value = String(seconds);
    if (document.activeElement !== input || dragging) say(seconds);
  }

  function say(seconds: number): void {
    input.setAttribute("aria-valuetext", t("%(position)s of %(duration)s", { position: spoken(seconds), duration: spoken(durationOf(video)) }));
  }

  function drawBuffered(): void {
    buffered.style.backgroundImage = bufferedGradient(rangesOf(video.buffered), durationOf(video), "var(--color-stage-buffered)");
  }

  function onDuration(): void {
    input.max = String(durationOf(video));
    input.disabled = durationOf(video) === 0;
    place(video.currentTime);
    drawBuffered();
  }

  function onInput(): void {
    dragging = true;
    root.setAttribute("data-dragging", "");
    const seconds = Number(input.value);
    place(seconds);
    const now = performance.now();
    if (now - lastScrub < SCRUB_EVERY_MS) return;
    lastScrub = now;
    actions.seekTo(seconds);
  }

  function onChange(): void {
    actions.seekTo(Number(input.value));
    dragging = false;
    root.removeAttribute("data-dragging");
  }

  function onHover(event: PointerEvent): void {
    const { left, width } = bar.getBoundingClientRect();
    const ratio = Math.min(1, Math.max(0, (event.clientX - left) / width));
    const seconds = ratio * durationOf(video);
    tip.textContent = clock(seconds);
    chapter.textContent = chapterOf(seconds);
    chapter.hidden = chapter.textContent === "";
    const half = box.offsetWidth / 2 / width;
    bar.style.setProperty("--hover", String(ratio));
    bar.style.setProperty("--tip", String(Math.min(1 - half, Math.max(half, ratio))));
  }

  input.addEventListener("input", onInput, { signal });
  input.addEventListener("change", onChange, { signal });
  input.addEventListener("focus", () => say(video.currentTime), { signal });
  bar.addEventListener("pointermove", onHover, { signal });
  video.addEventListener("timeupdate", () => !dragging && place(video.currentTime), { signal });
  video.addEventListener("seeked", () => !dragging && say(video.currentTime), { signal });
  video.addEventListener("durationchange", onDuration, { signal });
  for (const event of ["progress", "timeupdate", "emptied"]) video.addEventListener(event, drawBuffered, { signal });
  onDuration();
}
