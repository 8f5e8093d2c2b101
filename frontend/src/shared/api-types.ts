// Written by `make docs` from tests/api/snapshots/public.json. Do not edit.

/** A category and how many published videos it has. */
export interface CategoryItem {
  created_at: string;
  description: string;
  id: number;
  name: string;
  slug: string;
  video_count: number;
}

/** A chapter: seconds; without an end it lasts until the next one begins. */
export interface ChapterItem {
  description: string;
  end_time: number | null;
  id: number;
  start_time: number;
  title: string;
}

/** What was looked at. */
export interface Checks {
  database: "ok" | "read_only" | "failing";
  storage: "ok" | "read_only" | "failing";
}

/** Something that a list can be narrowed down to: `value` is for the query, `videos` how many are left. */
export interface Choice {
  label: string;
  value: string;
  videos: number;
}

/** Choices by the parameters of `/api/videos`. `is_sample`: counted over a part of a long list. */
export interface ChoiceGroups {
  category: Choice[];
  custom: FieldChoices[];
  duration: Choice[];
  is_sample: boolean;
  quality: Choice[];
  tag: Choice[];
}

/** A tag and how many published videos have it. */
export interface CountedTag {
  created_at: string;
  id: number;
  name: string;
  slug: string;
  video_count: number;
}

/** What a video says to one of the public custom fields; several choices are a list. */
export interface CustomField {
  field_name: string;
  field_slug: string;
  field_type: "text" | "number" | "date" | "select" | "multi_select" | "url";
  value: string | number | string[];
}

/** Values of one custom field; `field` is its slug: the parameter is `custom.{field}`. */
export interface FieldChoices {
  field: string;
  label: string;
  values: Choice[];
}

/** `degraded`: pages work, but media can't be stored (`read_only`) or not even read (`failing`). */
export interface Health {
  checks: Checks;
  status: "healthy" | "degraded" | "unhealthy";
}

/** A video of a playlist: `number` counts from 1, `position` is where the next page goes on. */
export interface NumberedVideo {
  number: number;
  position: number;
  video: VideoItem;
}

/** A playlist in a list. `total_duration` is seconds; the picture is that of one of its videos. */
export interface PlaylistItem {
  created_at: string;
  description: string;
  id: number;
  is_featured: boolean;
  playlist_type: "playlist" | "collection" | "series" | "course";
  slug: string;
  thumbnail_url: string | null;
  thumbnails: Thumbnail[];
  title: string;
  total_duration: number;
  updated_at: string;
  video_count: number;
  visibility: "public" | "unlisted" | "private";
}

/** One page of playlists, newest first. */
export interface PlaylistPage {
  next_cursor: string | null;
  playlists: PlaylistItem[];
}

/** One page of a playlist's videos; the next one begins after `next_position`, if there is one. */
export interface PlaylistVideos {
  next_position: number | null;
  videos: NumberedVideo[];
}

/** What went wrong (RFC 9457). `code` is stable; `request_id` leads to the log. */
export interface Problem {
  code: string;
  detail: string;
  details?: Record<string, unknown>;
  errors?: { field: string; message: string }[];
  request_id: string;
  status: number;
  title: string;
  type: string;
}

/** How far a video is on its way to being playable, and its renditions to being complete. */
export interface Progress {
  attempt: number;
  current_step: string | null;
  eta_seconds: number | null;
  last_error: string | null;
  max_attempts: number;
  playable_seconds: number | null;
  progress_percent: number;
  qualities: QualityProgress[];
  started_at: string | null;
  status: "pending" | "processing" | "ready" | "failed";
}

/** One picture size: pixels, and peak bits per second. */
export interface QualityItem {
  bitrate: number;
  height: number;
  quality: string;
  width: number;
}

/** How far one rendition is: `progress` is percent. */
export interface QualityProgress {
  name: string;
  progress: number;
  status: string;
}

/** A video whose words fit what was typed so far. */
export interface SuggestedVideo {
  slug: string;
  title: string;
}

/** What somebody who types may be about to ask. `corrected` is the search that was probably meant. */
export interface Suggestions {
  corrected: string | null;
  videos: SuggestedVideo[];
  words: string[];
}

/** A tag of a video. */
export interface TagItem {
  id: number;
  name: string;
  slug: string;
}

/** One size of a video's picture. `format` is jpeg, webp or avif; sizes are pixels. */
export interface Thumbnail {
  format: string;
  height: number;
  url: string;
  width: number;
}

/** One video. Its stream addresses are `null` until it can be played; `warnings` are sentences on its source. `description_html` is its description, which is Markdown, as safe HTML. */
export interface VideoDetail {
  category_id: number | null;
  category_name: string | null;
  category_slug: string | null;
  chapters: ChapterItem[];
  created_at: string;
  custom_fields: CustomField[];
  dash_url: string | null;
  description: string;
  description_html: string;
  duration: number | null;
  error_message: string | null;
  has_chapters: boolean;
  id: number;
  is_featured: boolean;
  preview_url: string | null;
  primary_codec: string;
  published_at: string | null;
  qualities: QualityItem[];
  slug: string;
  source_height: number;
  source_width: number;
  status: "pending" | "processing" | "ready" | "failed";
  stream_url: string | null;
  streaming_format: string;
  tags: TagItem[];
  thumbnail_source: string;
  thumbnail_timestamp: number | null;
  thumbnail_url: string | null;
  thumbnails: Thumbnail[];
  title: string;
  view_count: number;
  warnings: string[];
}

/** A published video in a list. `duration` is seconds, `null` while it is not known. */
export interface VideoItem {
  category_id: number | null;
  category_name: string | null;
  created_at: string;
  description: string;
  duration: number | null;
  has_chapters: boolean;
  id: number;
  is_featured: boolean;
  preview_url: string | null;
  primary_codec: string;
  published_at: string | null;
  slug: string;
  status: "pending" | "processing" | "ready" | "failed";
  streaming_format: string;
  tags: TagItem[];
  thumbnail_source: string;
  thumbnail_timestamp: number | null;
  thumbnail_url: string | null;
  thumbnails: Thumbnail[];
  title: string;
  view_count: number;
}

/** One page of the list. `total_count` when asked for; with conditions counted up to 1 000. */
export interface VideoPage {
  has_more: boolean;
  next_cursor: string | null;
  total_count: number | null;
  videos: VideoItem[];
}

export interface Operations {
  "GET /api/categories": {
    path?: never;
    query?: never;
    body?: never;
    answer: CategoryItem[];
  };
  "GET /api/categories/{slug}": {
    path: {
      slug: string;
    };
    query?: never;
    body?: never;
    answer: CategoryItem;
  };
  "GET /api/playlists": {
    path?: never;
    query?: {
      limit?: number | null;
      cursor?: string | null;
      playlist_type?: "playlist" | "collection" | "series" | "course" | null;
      featured?: boolean | null;
    };
    body?: never;
    answer: PlaylistPage;
  };
  "GET /api/playlists/{slug}": {
    path: {
      slug: string;
    };
    query?: never;
    body?: never;
    answer: PlaylistItem;
  };
  "GET /api/playlists/{slug}/videos": {
    path: {
      slug: string;
    };
    query?: {
      limit?: number | null;
      after?: number | null;
    };
    body?: never;
    answer: PlaylistVideos;
  };
  "GET /api/search/choices": {
    path?: never;
    query?: {
      limit?: number | null;
      cursor?: string | null;
      search?: string | null;
      category?: string | null;
      tag?: string | null;
      duration?: string | null;
      quality?: string | null;
      date_from?: string | null;
      date_to?: string | null;
      featured?: boolean | null;
      has_chapters?: boolean | null;
      sort?: "date" | "title" | "duration" | "views" | "relevance" | null;
      order?: "asc" | "desc" | null;
      include_total?: boolean | null;
    };
    body?: never;
    answer: ChoiceGroups;
  };
  "GET /api/search/suggestions": {
    path?: never;
    query?: {
      q?: string | null;
    };
    body?: never;
    answer: Suggestions;
  };
  "GET /api/tags": {
    path?: never;
    query?: {
      limit?: number | null;
      after?: number | null;
    };
    body?: never;
    answer: CountedTag[];
  };
  "GET /api/tags/{slug}": {
    path: {
      slug: string;
    };
    query?: never;
    body?: never;
    answer: CountedTag;
  };
  "GET /api/videos": {
    path?: never;
    query?: {
      limit?: number | null;
      cursor?: string | null;
      search?: string | null;
      category?: string | null;
      tag?: string | null;
      duration?: string | null;
      quality?: string | null;
      date_from?: string | null;
      date_to?: string | null;
      featured?: boolean | null;
      has_chapters?: boolean | null;
      sort?: "date" | "title" | "duration" | "views" | "relevance" | null;
      order?: "asc" | "desc" | null;
      include_total?: boolean | null;
    };
    body?: never;
    answer: VideoPage;
  };
  "GET /api/videos/bulk": {
    path?: never;
    query?: {
      ids?: string | null;
    };
    body?: never;
    answer: VideoItem[];
  };
  "GET /api/videos/{slug}": {
    path: {
      slug: string;
    };
    query?: never;
    body?: never;
    answer: VideoDetail;
  };
  "GET /api/videos/{slug}/progress": {
    path: {
      slug: string;
    };
    query?: never;
    body?: never;
    answer: Progress;
  };
  "GET /api/videos/{slug}/related": {
    path: {
      slug: string;
    };
    query?: {
      limit?: number | null;
    };
    body?: never;
    answer: VideoItem[];
  };
  "GET /health": {
    path?: never;
    query?: never;
    body?: never;
    answer: Health;
  };
}
