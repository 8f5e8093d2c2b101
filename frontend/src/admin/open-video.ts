import { need } from "../shared/dom";
import { ApiError } from "../shared/api";
import { call, wordsOf } from "./client";
import { followLive } from "./live";
import { makePreview, type Preview } from "./preview";
import type { ProgressEvent, VideoDetail } from "./shapes";

/** The one video that a page is about, asked for once for all parts of the page. */
export interface OpenVideo {
  readonly id: number;
  readonly path: { video_id: number };
  readonly preview: Preview;
  /** Calls with every state of the video from now on, and with the present one if there is one. */
  follow(part: Follower): void;
  load(): Promise<void>;
  /** It is being deleted for good: nobody asks for it any more. */
  leave(isLeaving: boolean): void;
}

export interface Follower {
  onVideo(video: VideoDetail): void;
  onProgress?(event: ProgressEvent): void;
  onMissing?(): void;
  onError?(words: string): void;
}

let opened: OpenVideo | null = null;

export function openVideo(): OpenVideo {
  opened ??= open(need(document, "[data-video-detail]"));
  return opened;
}

function open(page: HTMLElement): OpenVideo {
  const id = Number(page.dataset["videoId"]);
  const preview = makePreview(need(page, "[data-preview]"));
  const followers: Follower[] = [];
  let video: VideoDetail | null = null;
  let asked = 0;
  let leaving = false;
  const path = { video_id: id };

  async function load(): Promise<void> {
    if (leaving) return;
    const turn = ++asked;
    try {
      const fresh = await call("GET /api/videos/{video_id}", { path });
      // A later question has a later answer.
      if (turn !== asked) return;
      video = fresh;
      preview.show(fresh);
      followers.forEach((one) => one.onVideo(fresh));
    } catch (error) {
      const isMissing = error instanceof ApiError && error.status === 404;
      for (const one of followers) {
        if (isMissing) one.onMissing?.();
        else if (video === null) one.onError?.(wordsOf(error));
      }
    }
  }

  void load();
  followLive({
    onProgress: (event) => event.video_id === id && followers.forEach((one) => one.onProgress?.(event)),
    onVideo: (event) => event.video_id === id && void load(),
    onCatchUp: () => void load(),
  });

  return {
    id,
    path,
    preview,
    load,
    follow(part) {
      followers.push(part);
      if (video !== null) part.onVideo(video);
    },
    leave: (isLeaving) => void (leaving = isLeaving),
  };
}
