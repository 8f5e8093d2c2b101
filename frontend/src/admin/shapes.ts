/** The admin API's answers, as far as these pages read them. */
import type { VideoStatus } from "../shared/api";

export interface ListedProgress {
  percent: number;
  eta_seconds: number | null;
  /** Until viewers get it; null when they have it, or nobody knows. */
  playable_seconds: number | null;
  current_step: string | null;
}

export interface Thumbnail {
  width: number;
  format: string;
  url: string;
}

export interface ListedVideo {
  id: number;
  title: string;
  slug: string;
  description: string;
  category_id: number | null;
  category_name: string | null;
  duration: number | null;
  status: VideoStatus;
  created_at: string;
  published_at: string | null;
  deleted_at: string | null;
  thumbnail_url: string | null;
  thumbnails: Thumbnail[];
  warnings: string[];
  error_message: string | null;
  source_filename: string;
  source_size_bytes: number;
  progress: ListedProgress | null;
}

export interface VideoPage {
  videos: ListedVideo[];
  next_cursor: string | null;
  has_more: boolean;
  total_count: number | null;
}

export interface StoredQuality {
  quality: string;
  /** 0 for sound. */
  width: number;
  height: number;
  bitrate: number;
  average_bitrate: number;
  codec: string;
  size_bytes: number;
}

export type TaskState = "queued" | "leased" | "done" | "failed";

/** One run of a media tool that did not end well. */
export interface Run {
  command: string;
  stderr_tail: string;
  exit_status: number;
}

export interface Attempt {
  number: number;
  worker: string;
  started_at: string;
  ended_at: string;
  outcome: "done" | "failed" | "released" | "expired";
  error_message: string | null;
  runs: Run[];
}

export interface Task {
  id: number;
  kind: string;
  state: TaskState;
  renditions: string[];
  first_cell: number | null;
  last_cell: number | null;
  attempt: number;
  max_attempts: number;
  worker: string | null;
  started_at: string | null;
  finished_at: string | null;
  progress_percent: number;
  error_message: string | null;
  attempts: Attempt[];
}

export interface RenditionProgress {
  name: string;
  status: string;
  progress_percent: number;
  loudness_lufs?: number | null;
  gain_db?: number | null;
}

export interface Job {
  id: number;
  state: string;
  current_step: string | null;
  progress_percent: number;
  eta_seconds: number | null;
  /** Until viewers get it; null when they have it, or nobody knows. */
  playable_seconds: number | null;
  attempt: number;
  max_attempts: number;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  last_error: string | null;
  tasks: Task[];
  renditions: RenditionProgress[];
}

export interface VideoDetail extends ListedVideo {
  source_width: number;
  source_height: number;
  publish_when_ready: boolean;
  qualities: StoredQuality[];
  stream_url: string | null;
  dash_url: string | null;
  job: Job | null;
}

export interface Category {
  id: number;
  name: string;
}

/** SSE `progress` */
export interface ProgressEvent {
  video_id: number;
  status: VideoStatus;
  percent: number;
  eta_seconds: number | null;
  /** Until viewers get it; null when they have it, or nobody knows. */
  playable_seconds: number | null;
  current_step: string | null;
  renditions: RenditionProgress[];
}

/** SSE `video` */
export interface VideoEvent {
  video_id: number;
  change: "created" | "updated" | "ready" | "failed" | "deleted" | "restored" | "published" | "unpublished";
}
