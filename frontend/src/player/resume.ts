import { need } from "../shared/dom";
import { clock } from "../shared/format";
import type { Actions } from "./actions";
import { loadPositions, savePosition, worthResuming } from "./positions";
import { durationOf, type Stage } from "./stage";

const SAVE_EVERY_MS = 5000;

/** The second this browser stopped at last time, if it is worth offering. */
export function resumePoint(videoId: string): number | null {
  return worthResuming(loadPositions()[videoId]);
}

/** Asks whether to go on or to start over. The picture already stands where it stopped. */
export function offerResume(stage: Stage, actions: Actions, seconds: number): void {
  const panel = need(stage.root, "[data-resume]");
  need(panel, "[data-resume-time]").textContent = clock(seconds);
  panel.hidden = false;
  const answered = new AbortController();
  const signal = AbortSignal.any([stage.signal, answered.signal]);
  const close = (): void => {
    panel.hidden = true;
    answered.abort();
  };
  const answer = (selector: string, then: () => void): void => {
    need(panel, selector).addEventListener("click", () => {
      close();
      then();
      stage.root.focus({ preventScroll: true });
      void actions.play();
    }, { signal });
  };
  answer("[data-resume-continue]", () => undefined);
  answer("[data-resume-restart]", () => actions.seekTo(0));
  stage.video.addEventListener("play", close, { signal });
}

/** Keeps the position: every few seconds while playing, and whenever watching stops. */
export function wireRemembering({ video, signal }: Stage, videoId: string): void {
  let last = 0;
  const save = (): void => {
    const duration = durationOf(video);
    const watched = video.played.length > 0; // a page that was only opened moves no bookmark
    if (watched && duration > 0 && video.currentTime > 0) savePosition(videoId, video.ended ? duration : video.currentTime, duration);
    last = performance.now();
  };
  video.addEventListener("timeupdate", () => !video.paused && performance.now() - last > SAVE_EVERY_MS && save(), { signal });
  video.addEventListener("pause", save, { signal });
  video.addEventListener("ended", save, { signal });
  addEventListener("pagehide", save, { signal });
}
