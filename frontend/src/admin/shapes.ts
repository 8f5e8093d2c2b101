/** The admin API's answers under the names that these pages use; and its events, which no contract describes. */
import type { AdminVideo, AdminVideoDetail, Operations, Rendition, Task } from "./api-types";

export type { Category, Job, TagItem, ListedProgress, Run, StoredQuality, Task, Thumbnail } from "./api-types";
export type { AdminPage as VideoPage, Rendition as RenditionProgress, TaskAttempt as Attempt } from "./api-types";

export type ListedVideo = AdminVideo;
export type VideoDetail = AdminVideoDetail;
export type Visibility = AdminVideo["visibility"];
export type VideoStatus = AdminVideo["status"];
export type TaskState = Task["state"];
/** What a PUT of a video may say; what it leaves out stays as it is. */
export type VideoChanges = Operations["PUT /api/videos/{video_id}"]["body"];

/** SSE `progress` */
export interface ProgressEvent {
  video_id: number;
  status: VideoStatus;
  percent: number;
  eta_seconds: number | null;
  /** Until viewers get it; null when they have it, or nobody knows. */
  playable_seconds: number | null;
  current_step: string | null;
  renditions: Rendition[];
}

/** SSE `library` */
export interface LibraryEvent {
  subject: "category" | "tag" | "playlist" | "field";
  subject_id: number | null;
  change: string;
}

/** SSE `video` */
export interface VideoEvent {
  video_id: number;
  change: "created" | "updated" | "ready" | "failed" | "deleted" | "restored" | "published" | "unpublished";
}
