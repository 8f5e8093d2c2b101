import { about, percent, remaining } from "../shared/format";
import type { ListedProgress, ListedVideo, ProgressEvent, RenditionProgress, TaskState, VideoDetail } from "./shapes";

export type Tone = "success" | "working" | "warning" | "danger" | "plain";

/** The badge of a video: one word for where it stands. */
export function badgeOf(video: Pick<ListedVideo, "status" | "published_at" | "deleted_at">): { text: string; tone: Tone } {
  if (video.deleted_at !== null) return { text: "In the archive", tone: "plain" };
  if (video.status === "failed") return { text: "Failed", tone: "danger" };
  if (video.status === "pending") return { text: "Waiting", tone: "plain" };
  if (video.status === "processing") return { text: "Processing", tone: "working" };
  return video.published_at === null ? { text: "Not published", tone: "warning" } : { text: "Published", tone: "success" };
}

/** What can be done about a video's visibility now, and what that is called; null in the archive. */
export function publishingOf(
  video: Pick<VideoDetail, "status" | "published_at" | "deleted_at" | "publish_when_ready">,
): { deed: "publish" | "unpublish"; text: string } | null {
  if (video.deleted_at !== null) return null;
  if (video.published_at !== null) return { deed: "unpublish", text: "Unpublish" };
  if (video.status === "ready") return { deed: "publish", text: "Publish" };
  return video.publish_when_ready
    ? { deed: "unpublish", text: "Do not publish when ready" }
    : { deed: "publish", text: "Publish when ready" };
}

const STEPS: Record<string, string> = {
  waiting: "waiting for a worker",
  inspect: "inspecting the file",
  remux: "repackaging",
  audio: "encoding sound",
  video: "encoding picture",
  thumbnail: "making the thumbnail",
};

export function stepName(step: string | null): string | null {
  return step === null ? null : (STEPS[step] ?? step);
}

/** "41 % · watchable in about 20 seconds, all sizes in about 2 minutes · encoding picture" */
export function progressLine(progress: ListedProgress): string {
  return [percent(progress.percent), foreseen(progress), stepName(progress.current_step)].filter(Boolean).join(" · ");
}

/** When it can be watched and when all is done; how much is left where it can be watched already. */
export function foreseen({ playable_seconds, eta_seconds }: Pick<ListedProgress, "playable_seconds" | "eta_seconds">): string | null {
  const [first, all] = [about(playable_seconds), about(eta_seconds)];
  if (first === null) return remaining(eta_seconds);
  return all === null || all === first ? `watchable in ${first}` : `watchable in ${first}, all sizes in ${all}`;
}

/** Whether work on a video is going on: before it is playable, and after, while further sizes are made. */
export function isWorking(video: ListedVideo): boolean {
  return video.deleted_at === null && video.progress !== null && video.progress.percent < 100 && video.status !== "failed";
}

/** Whether visitors can watch it now. */
export function isViewable(video: ListedVideo): boolean {
  return video.status === "ready" && video.published_at !== null && video.deleted_at === null;
}

/** A listed video with the amounts of an event. A new status is not taken from it: it changes more than itself
 *  (published or not, thumbnail, length), so the video is asked for again. */
export function withProgress<T extends ListedVideo>(video: T, event: ProgressEvent): T {
  const { status, percent: amount, eta_seconds, playable_seconds, current_step } = event;
  const progress = amount >= 100 && status === "ready" ? null : { percent: amount, eta_seconds, playable_seconds, current_step };
  return { ...video, progress };
}

const TASK_WORDS: Record<TaskState, { text: string; tone: Tone }> = {
  queued: { text: "Waiting", tone: "plain" },
  leased: { text: "Running", tone: "working" },
  done: { text: "Done", tone: "success" },
  failed: { text: "Failed", tone: "danger" },
};

export function taskBadge(state: TaskState): { text: string; tone: Tone } {
  return TASK_WORDS[state];
}

const NAMES: Record<string, string> = { original: "Original", audio: "Sound", audio_source: "Original sound" };

/** What people call a rendition: "720p", "Sound" */
export const renditionName = (name: string): string => NAMES[name] ?? name;

/** "720p 41 %", "1080p", "Sound not needed" */
export function renditionLabel({ name, status, progress_percent }: Pick<RenditionProgress, "name" | "status" | "progress_percent">): string {
  const words = renditionName(name);
  if (status === "skipped") return `${words} not needed`;
  return status === "in_progress" ? `${words} ${percent(progress_percent)}` : words;
}
