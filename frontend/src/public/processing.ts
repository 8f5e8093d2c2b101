import { ApiError, publicProgress, publicVideo } from "../shared/api";
import { el, need } from "../shared/dom";
import type { Source } from "../player/engine";
import { waitingView, type WaitingView } from "./waiting";

const POLL_MS = 2000;
const POLL_TROUBLED_MS = 8000;

/** Keeps the waiting room up to date; answers where the video is once it can be played. A failure reloads the page,
 *  which then says so. */
export async function waitUntilReady(room: HTMLElement, slug: string): Promise<Source> {
  for (;;) {
    let pause = POLL_MS;
    try {
      const progress = await publicProgress(slug);
      if (progress.status === "ready") {
        const video = await publicVideo(slug);
        if (video.dash_url !== null || video.stream_url !== null) return { dashUrl: video.dash_url, hlsUrl: video.stream_url };
      }
      if (progress.status === "failed") location.reload();
      show(room, waitingView(progress));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404 || error.status === 410) location.reload();
      pause = POLL_TROUBLED_MS;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function show(room: HTMLElement, view: WaitingView): void {
  const bar = need<HTMLProgressElement>(room, "[data-waiting-progress]");
  if (view.value === null) bar.removeAttribute("value");
  else bar.value = view.value;
  write(need(room, "[data-waiting-title]"), view.title);
  write(need(room, "[data-waiting-numbers]"), view.numbers);
  need(room, "[data-waiting-renditions]").replaceChildren(
    ...view.renditions.map(({ status, text }) => el("li", { class: "chip", "data-status": status }, text)),
  );
}

// The same words are not written twice: a live region would read them again.
function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
