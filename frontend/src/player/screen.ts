import { need } from "../shared/dom";
import { readStored, writeStored } from "../shared/storage";
import { t } from "../shared/words";
import type { Stage } from "./stage";

const THEATRE_KEY = "vlog:theatre";

/** Full screen, theatre and picture in picture. */
export interface Screen {
  readonly fills: boolean;
  toggleFullscreen(): void;
  toggleTheatre(): void;
  leaveTheatre(): void;
  togglePictureInPicture(): void;
}

// iPhones give only the bare <video> the whole screen, by these names.
interface PhoneVideo extends HTMLVideoElement {
  webkitEnterFullscreen?(): void;
}

export function makeScreen(stage: Stage): Screen {
  const { root, video, signal } = stage;
  const fullscreenButton = need<HTMLButtonElement>(root, "[data-act=fullscreen]");
  const theatreButton = root.querySelector<HTMLButtonElement>("[data-act=theatre]");
  const pipButton = need<HTMLButtonElement>(root, "[data-act=pip]");
  const page = document.documentElement;

  function showFullscreen(): void {
    const full = document.fullscreenElement === root;
    root.toggleAttribute("data-fullscreen", full);
    fullscreenButton.setAttribute("aria-label", full ? t("Leave full screen") : t("Full screen"));
    stage.announce(full ? t("Full screen") : t("Left full screen"));
  }

  function setTheatre(on: boolean): void {
    page.toggleAttribute("data-theatre", on);
    theatreButton?.setAttribute("aria-pressed", String(on));
    writeStored(THEATRE_KEY, on ? "1" : null);
  }

  function toggleFullscreen(): void {
    if (document.fullscreenElement !== null) void document.exitFullscreen();
    else if (document.fullscreenEnabled) root.requestFullscreen().catch(() => stage.flash(t("Full screen is not allowed here")));
    else (video as PhoneVideo).webkitEnterFullscreen?.();
  }

  function togglePictureInPicture(): void {
    if (!document.pictureInPictureEnabled) return;
    if (document.pictureInPictureElement === video) void document.exitPictureInPicture();
    else video.requestPictureInPicture().catch(() => stage.flash(t("Picture in picture works once the video has started")));
  }

  pipButton.hidden = !document.pictureInPictureEnabled;
  // Sound alone has no picture that could leave the page.
  video.addEventListener("loadedmetadata", () => (pipButton.hidden = !document.pictureInPictureEnabled || video.videoWidth === 0), { signal });
  fullscreenButton.hidden = !document.fullscreenEnabled && !("webkitEnterFullscreen" in video);
  if (theatreButton !== null) setTheatre(readStored(THEATRE_KEY) === "1");
  document.addEventListener("fullscreenchange", showFullscreen, { signal });
  video.addEventListener("enterpictureinpicture", () => root.setAttribute("data-pip", ""), { signal });
  video.addEventListener("leavepictureinpicture", () => root.removeAttribute("data-pip"), { signal });

  return {
    get fills() {
      return document.fullscreenElement === root;
    },
    toggleFullscreen,
    toggleTheatre() {
      if (theatreButton !== null) setTheatre(!page.hasAttribute("data-theatre"));
    },
    leaveTheatre() {
      if (page.hasAttribute("data-theatre")) setTheatre(false);
    },
    togglePictureInPicture,
  };
}
