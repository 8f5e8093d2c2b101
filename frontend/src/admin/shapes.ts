/** The admin API's answers, as far as these pages read them. */
import type { VideoStatus } from "../shared/api";

export interface ListedProgress {
  percent: number;
  eta_seconds: number | null;
  current_step: string | null;
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
  error_message: string | null;
  source_filename: string;
  source_size_bytes: number | null;
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
  width: number | null;
  height: number | null;
  bitrate: number | null;
  average_bitrate: number | null;
  codec: string | null;
  size_bytes: number | null;
}

export type TaskState = "queued" | "leased" | "done" | "failed";

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
  created_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  progress_percent: number | null;
  error_code: string | null;
  error_message: string | null;
  command: string | null;
  stderr_tail: string | null;
}

export interface RenditionProgress {
  name: string;
  status: string;
  progress_percent: number;
  segments_completed?: number | null;
  segments_total?: number | null;
  error_message?: string | null;
}

export interface Job {
  id: number;
  state: string;
  current_step: string | null;
  progress_percent: number;
  eta_seconds: number | null;
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
  source_width: number | null;
  source_height: number | null;
  qualities: StoredQuality[];
  stream_url: string | null;
  dash_url: string | null;
  job: Job | null;
}

export interface Category {
  id: number;
  name: string;
}

export interface Uploaded {
  status: string;
  video_id: number;
  slug: string;
  message: string;
}

/** SSE `progress` */
export interface ProgressEvent {
  video_id: number;
  status: VideoStatus;
  percent: number;
  eta_seconds: number | null;
  current_step: string | null;
  renditions: RenditionProgress[];
}

/** SSE `video` */
export interface VideoEvent {
  video_id: number;
  change: "created" | "updated" | "ready" | "failed" | "deleted" | "restored" | "published" | "unpublished";
}
