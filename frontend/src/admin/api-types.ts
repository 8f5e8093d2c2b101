// Written by `make docs` from tests/api/snapshots/admin.json. Do not edit.

/** Whose findings somebody knows of: a video's, or with `null` those that belong to none. */
export interface Acknowledgement {
  acknowledged?: boolean;
  video_id: number | null;
}

/** Videos to be put in, in this order: at the end, or in front of `before`. */
export interface AddedVideos {
  before?: number | null;
  video_ids: number[];
}

/** Everything that is known of the installation's state. `free_bytes` is `null` when unknown. */
export interface AdminHealth {
  database: Part;
  free_bytes: number | null;
  last_check: StorageCheck | null;
  status: "healthy" | "degraded" | "unhealthy";
  storage: Part;
  total_bytes: number | null;
  wrong_files: WrongFile[];
  wrong_files_count: number;
}

/** One page of the list. `total_count` is counted up to 1 000 where there are conditions. */
export interface AdminPage {
  has_more: boolean;
  next_cursor: string | null;
  total_count: number | null;
  videos: AdminVideo[];
}

/** A video in a list. `progress` is `null` when nothing is being done to it. */
export interface AdminVideo {
  category_id: number | null;
  category_name: string | null;
  created_at: string;
  deleted_at: string | null;
  description: string;
  duration: number | null;
  edit_revision: number;
  error_code: string | null;
  error_message: string | null;
  has_chapters: boolean;
  id: number;
  is_featured: boolean;
  preview_url: string | null;
  progress: ListedProgress | null;
  publish_at: string | null;
  published_at: string | null;
  slug: string;
  source_filename: string;
  source_size_bytes: number;
  status: "pending" | "processing" | "ready" | "failed";
  tags: TagItem[];
  thumbnail_url: string | null;
  thumbnails: Thumbnail[];
  title: string;
  view_count: number;
  visibility: "public" | "unlisted" | "private";
  warnings: string[];
}

/** One video with all that is known of it; `replacement` is the latest other source it was given. */
export interface AdminVideoDetail {
  category_id: number | null;
  category_name: string | null;
  created_at: string;
  dash_url: string | null;
  deleted_at: string | null;
  description: string;
  duration: number | null;
  edit_revision: number;
  error_code: string | null;
  error_message: string | null;
  has_chapters: boolean;
  id: number;
  is_featured: boolean;
  job: Job | null;
  preview_url: string | null;
  progress: ListedProgress | null;
  publish_at: string | null;
  publish_when_ready: boolean;
  published_at: string | null;
  qualities: StoredQuality[];
  replacement: SourceReplacement | null;
  slug: string;
  source_filename: string;
  source_height: number;
  source_size_bytes: number;
  source_width: number;
  status: "pending" | "processing" | "ready" | "failed";
  stream_url: string | null;
  tags: TagItem[];
  thumbnail_url: string | null;
  thumbnails: Thumbnail[];
  title: string;
  view_count: number;
  visibility: "public" | "unlisted" | "private";
  warnings: string[];
}

/** One page of the archive, last deleted first; `total` is counted up to 1 000. */
export interface ArchivePage {
  next_cursor: string | null;
  total: number;
  videos: ArchivedVideo[];
}

/** A video in the archive; `purge_at` is when its time is over, `size_bytes` its source and renditions. */
export interface Archived {
  deleted_at: string;
  id: number;
  purge_at: string | null;
  size_bytes: number;
  title: string;
}

/** A deleted video that can be restored. */
export interface ArchivedVideo {
  created_at: string;
  deleted_at: string | null;
  id: number;
  slug: string;
  title: string;
}

/** Everybody who has done something that is still written down, and every kind of act. */
export interface AuditChoices {
  actions: string[];
  actors: string[];
}

/** One act; `details` differ by `action`, for edits they are the fields with both values. */
export interface AuditEntry {
  action: string;
  actor: string;
  created_at: string;
  details: Record<string, unknown>;
  id: number;
  ip: string;
  request_id: string;
  subject_id: number | null;
  subject_name: string;
  subject_type: string;
}

/** One page of acts, newest first; the next one is asked for with `before` = `next_before`. */
export interface AuditPage {
  entries: AuditEntry[];
  next_before: number | null;
}

/** Whether the caller is signed in; signing in is always required. */
export interface Authentication {
  auth_required: boolean;
  authenticated: boolean;
}

/** `partial` when some were refused; `results` in the order that was asked. */
export interface BulkAnswer {
  done: number;
  failed: number;
  results: BulkResult[];
  status: "ok" | "partial";
}

/** Why a video was left as it was. */
export interface BulkError {
  code: string;
  message: string;
}

/** What became of one video. */
export interface BulkResult {
  error: BulkError | null;
  success: boolean;
  video_id: number;
}

/** One category; `video_count` is of the face that was asked: published videos, or all outside the archive. `edit_revision` counts what people have changed of it. */
export interface Category {
  created_at: string;
  description: string;
  edit_revision: number;
  id: number;
  name: string;
  position: number;
  slug: string;
  video_count: number;
}

/** What to change; fields that are not sent stay as they are. */
export interface CategoryEdit {
  description?: string | null;
  edit_revision?: number | null;
  name?: string | null;
  slug?: string | null;
}

/** All categories, in the order that they shall have. */
export interface CategoryOrder {
  category_ids: number[];
}

/** One chapter; times are seconds. Without an end it lasts until the next one begins. `edit_revision` counts what people have changed of it. */
export interface Chapter {
  description: string;
  edit_revision: number;
  end_time: number | null;
  id: number;
  position: number;
  start_time: number;
  title: string;
}

/** What to change; fields that are not sent stay as they are. `end_time` of `null`: until the next. */
export interface ChapterEdit {
  description?: string | null;
  edit_revision?: number | null;
  end_time?: number | null;
  start_time?: number | null;
  title?: string | null;
}

/** The chapters of a video in order. */
export interface ChapterList {
  chapters: Chapter[];
  total_count: number;
  video_id: number;
}

/** All chapters of the video, in the order that they shall have. */
export interface ChapterOrder {
  chapter_ids: number[];
}

/** What was looked at. */
export interface Checks {
  database: "ok" | "read_only" | "failing";
  storage: "ok" | "read_only" | "failing";
}

/** Which picture of the video: seconds from its beginning. */
export interface Choice {
  time_seconds: number;
}

/** What `X-CSRF-Token` must be; not required of callers who send the secret itself. */
export interface CsrfToken {
  csrf_token: string | null;
  required: boolean;
}

/** The first few of everything, and how many there are; counts with conditions stop at 1 000. */
export interface Dashboard {
  failed: AdminVideo[];
  failed_count: number;
  most_viewed: AdminVideo[];
  newest: AdminVideo[];
  published_count: number;
  running: Running[];
  running_count: number;
  video_count: number;
}

/** Whether chapters that are there already may be replaced. */
export interface Detection {
  replace_existing?: boolean;
}

/** It was done. */
export interface Done {
  status: string;
}

/** A field to be made. Visitors see what videos say to it where `is_public` holds, and can filter by it where `is_filterable` does, too. */
export interface FieldCreation {
  category_id?: number | null;
  constraints?: Limits;
  description?: string;
  field_type: "text" | "number" | "date" | "select" | "multi_select" | "url";
  is_filterable?: boolean;
  is_public?: boolean;
  name: string;
  options?: string[];
  position?: number;
  required?: boolean;
}

/** What to change; fields that are not sent stay as they are. */
export interface FieldEdit {
  constraints?: Limits | null;
  description?: string | null;
  edit_revision?: number | null;
  is_filterable?: boolean | null;
  is_public?: boolean | null;
  name?: string | null;
  options?: string[] | null;
  position?: number | null;
  required?: boolean | null;
}

/** All fields in their order. */
export interface FieldList {
  fields: FieldShape[];
  total_count: number;
}

/** One field. */
export interface FieldShape {
  category_id: number | null;
  constraints: Limits;
  description: string;
  edit_revision: number;
  field_type: "text" | "number" | "date" | "select" | "multi_select" | "url";
  id: number;
  is_filterable: boolean;
  is_public: boolean;
  name: string;
  options: string[];
  position: number;
  required: boolean;
  slug: string;
}

/** How many videos say something to a field; `is_more`: more than were counted. */
export interface FieldUsage {
  field_id: number;
  is_more: boolean;
  videos: number;
}

/** A field of a video, and what it says to it. */
export interface FieldValue {
  field_id: number;
  field_name: string;
  field_slug: string;
  field_type: "text" | "number" | "date" | "select" | "multi_select" | "url";
  options: string[];
  required: boolean;
  value: string | number | string[] | null;
}

/** Values by the ids of their fields; `null` clears one. */
export interface FieldValues {
  edit_revision?: number | null;
  values: Record<string, JsonValue>;
}

/** What would be purged now, and nothing else: a dry run. `is_stopped`: more than `limit` are due, so none goes by itself. `due` are the first of them. */
export interface Forecast {
  count: number;
  due: Archived[];
  due_count: number;
  due_size_bytes: number;
  is_stopped: boolean;
  limit: number;
  retention_days: number;
  size_bytes: number;
}

/** A picture that may be chosen: its second in the video, and where it can be looked at. */
export interface FrameItem {
  height: number;
  index: number;
  time_seconds: number;
  url: string;
  width: number;
}

/** Candidates in the order of their times. `is_pending`: they are still looked for, ask again. */
export interface FrameList {
  frames: FrameItem[];
  is_pending: boolean;
  video_id: number;
}

/** `degraded`: pages work, but media can't be stored (`read_only`) or not even read (`failing`). */
export interface Health {
  checks: Checks;
  status: "healthy" | "degraded" | "unhealthy";
}

/** Videos as an export says them. `installation` is the export's: with it, numbers count too. */
export interface Import {
  create_missing?: boolean;
  dry_run?: boolean;
  exported_at?: string | null;
  installation?: string | null;
  total_count?: number | null;
  videos: Record<string, JsonValue>[];
}

/** All rows in their order, and how many had which end. */
export interface ImportResult {
  changed: number;
  dry_run: boolean;
  failed: number;
  rows: ImportedRow[];
  unchanged: number;
}

/** What became of one row, or would become of it in a dry run. */
export interface ImportedRow {
  changed: string[];
  code: string | null;
  ignored: string[];
  message: string | null;
  row: number;
  slug: string | null;
  status: "changed" | "unchanged" | "failed";
  video_id: number | null;
}

/** The inbox. `folder` is its place below the storage's folder. */
export interface Inbox {
  files: InboxFile[];
  folder: string;
  is_on: boolean;
  settle_seconds: number;
}

/** A file as people are told of it; `video_id`, `slug` and `title` are those of its video. */
export interface InboxFile {
  changed_at: string;
  error_code: string | null;
  error_message: string | null;
  first_seen_at: string;
  name: string;
  size_bytes: number;
  slug: string | null;
  state: "waiting" | "taking" | "accepted" | "failed";
  title: string | null;
  video_id: number | null;
  video_status: "pending" | "processing" | "ready" | "failed" | null;
}

/** The newest job of a video, with its whole record. */
export interface Job {
  attempt: number;
  created_at: string;
  current_step: string | null;
  eta_seconds: number | null;
  finished_at: string | null;
  id: number;
  last_error: string | null;
  max_attempts: number;
  playable_seconds: number | null;
  progress_percent: number;
  renditions: Rendition[];
  started_at: string | null;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  tasks: Task[];
}

export type JsonValue = unknown;

/** Constraints of a field; which of them mean something depends on its type. */
export interface Limits {
  max?: number | null;
  max_length?: number | null;
  min?: number | null;
  min_length?: number | null;
  pattern?: string | null;
}

/** A chapter that could be taken. */
export interface ListedChapter {
  start_time: number;
  title: string;
}

/** The chapters that the description of a video, or its source, lists, by their starts. */
export interface ListedChapters {
  chapters: ListedChapter[];
  video_id: number;
}

/** Work that is going on: percent, and seconds until all of it is done. */
export interface ListedProgress {
  current_step: string | null;
  eta_seconds: number | null;
  percent: number;
  playable_seconds: number | null;
}

/** The admin secret. */
export interface LoginForm {
  secret: string;
}

/** Which videos. */
export interface Many {
  video_ids: number[];
}

/** Values by the ids of their fields; `null` clears one. */
export interface ManyAnswered {
  values: Record<string, JsonValue>;
  video_ids: number[];
}

/** Which videos go; `permanent` removes for good what is in the archive already. */
export interface ManyDeleted {
  permanent?: boolean;
  video_ids: number[];
}

/** What to change in all of them; `category_id` of 0 or `null` means none. */
export interface ManyEdited {
  category_id?: number | null;
  is_featured?: boolean | null;
  video_ids: number[];
  visibility?: "public" | "unlisted" | "private" | null;
}

/** Which playlist they are put into, at its end and in this order. */
export interface ManyListed {
  playlist_id: number;
  video_ids: number[];
}

/** Which videos, and what they shall consist of afterwards; sizes that a source does not give are left out. */
export interface ManyRetranscoded {
  priority?: "high" | "normal" | "low";
  qualities?: string[];
  video_ids: number[];
}

/** Tags that all of them get, and tags that all of them lose. */
export interface ManyTagged {
  add_tag_ids?: number[];
  remove_tag_ids?: number[];
  video_ids: number[];
}

/** A category to be made. */
export interface NewCategory {
  description?: string;
  name: string;
}

/** A chapter to be added; times are seconds. */
export interface NewChapter {
  description?: string;
  end_time?: number | null;
  start_time: number;
  title: string;
}

/** One part of the installation; `code` and `reason` say why it is not `ok`. */
export interface Part {
  code: string | null;
  reason: string | null;
  state: "ok" | "read_only" | "failing";
}

/** `open` and `close` of the element called `text`, or the `text` between them. */
export interface Piece {
  kind: "open" | "close" | "text";
  text: string;
  value: string | null;
}

/** One playlist; its sums are of the face that was asked. `total_duration` is seconds. */
export interface Playlist {
  created_at: string;
  description: string;
  edit_revision: number;
  first_video_id: number | null;
  id: number;
  is_featured: boolean;
  playlist_type: "playlist" | "collection" | "series" | "course";
  slug: string;
  thumbnail_video_id: number | null;
  title: string;
  total_duration: number;
  updated_at: string;
  video_count: number;
  visibility: "public" | "unlisted" | "private";
}

/** What a playlist is to be; fields that are not sent stay as they are, or have their usual values. */
export interface PlaylistEdit {
  description?: string | null;
  edit_revision?: number | null;
  is_featured?: boolean | null;
  playlist_type?: "playlist" | "collection" | "series" | "course" | null;
  slug?: string | null;
  thumbnail_video_id?: number | null;
  title?: string | null;
  visibility?: "public" | "unlisted" | "private" | null;
}

/** One page of playlists, newest first. */
export interface PlaylistPage {
  next_cursor: string | null;
  playlists: Playlist[];
}

/** A video in a playlist. `number` counts from 1; `position` is where the next page goes on. */
export interface PlaylistVideo {
  added_at: string;
  duration: number | null;
  id: number;
  number: number;
  position: number;
  slug: string;
  status: "pending" | "processing" | "ready" | "failed";
  thumbnail_url: string | null;
  title: string;
}

/** One page of a playlist's videos; the next one begins after `next_position`, if there is one. */
export interface PlaylistVideos {
  next_position: number | null;
  videos: PlaylistVideo[];
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

/** How many videos are gone for good; more than one call takes away are left for the next. */
export interface PurgeAnswer {
  archive: Forecast;
  purged: number;
}

/** Picture sizes by name: those that viewers have, and those that could be made of the source. */
export interface Qualities {
  available: string[];
  existing: string[];
  video_id: number;
}

/** What visitors would see, to be built of elements: no markup is sent. */
export interface Rendered {
  pieces: Piece[];
}

/** One rendition that is being made or was. */
export interface Rendition {
  gain_db: number | null;
  kind: string;
  loudness_lufs: number | null;
  name: string;
  progress_percent: number;
  segments_completed: number;
  segments_total: number;
  status: string;
  true_peak_dbtp: number | null;
}

/** How far one rendition is: `progress` is percent. */
export interface RenditionProgress {
  name: string;
  progress: number;
  status: string;
}

/** The file is safe here; what played before plays until what is made of this one does. */
export interface Replaced {
  message: string;
  slug: string;
  status: string;
  video_id: number;
}

/** All chapters that the video is to have; whether others may go for them. */
export interface Replacement {
  chapters: NewChapter[];
  replace_existing?: boolean;
}

/** For how many days deleted videos can be restored; 0: for ever. */
export interface Retention {
  retention_days: number;
}

/** `qualities` are the picture sizes that the video has afterwards, or `["all"]` for what the settings ask for; `GET …/qualities` names them. */
export interface Retranscoding {
  priority?: "high" | "normal" | "low";
  qualities?: string[];
}

/** One run of a media tool that did not end well: the exact command, and what it said last. */
export interface Run {
  command: string;
  cpu_seconds: number;
  exit_status: number;
  stderr_tail: string;
}

/** A video of which something is being made; `workers` is empty while it waits. */
export interface Running {
  video: AdminVideo;
  workers: string[];
}

/** When a video that is kept back is to be published. */
export interface Schedule {
  publish_at: string;
}

/** How many videos are due, as somebody has seen it: with another number nothing is purged. */
export interface Seen {
  due_count: number;
}

/** The token of the set-up link, and the secret that its holder chose. */
export interface SetupForm {
  secret: string;
  token: string;
}

/** The session cookie came with this answer. */
export interface SignedIn {
  authenticated: boolean;
  message: string;
}

/** The latest other source: `state` is waiting, making, done, failed or superseded; `remark` is what its owner should know. */
export interface SourceReplacement {
  created_at: string;
  ended_at: string | null;
  error_code: string | null;
  error_message: string | null;
  remark: string;
  size_bytes: number;
  source_filename: string;
  state: string;
}

/** One comparison of all files with their hashes. */
export interface StorageCheck {
  error_message: string | null;
  eta_seconds: number | null;
  files: number;
  finished_at: string | null;
  percent: number;
  requested_at: string;
  size_bytes: number;
  started_at: string | null;
  state: "requested" | "running" | "done" | "failed" | "stopped";
  total_bytes: number;
  waited_seconds: number;
  wrong_files_count: number;
}

/** The storage as the admin's page shows it. */
export interface StorageState {
  check: StorageCheck | null;
  database: Part;
  free_bytes: number | null;
  interval_days: number;
  last_check: StorageCheck | null;
  rate_mb: number;
  remarks: VideoRemarks[];
  storage: Part;
  total_bytes: number | null;
  troubles: StorageTrouble[];
  wrong_files_count: number;
}

/** What is wrong with the files of one video, or with those that belong to none (`video_id` `null`). */
export interface StorageTrouble {
  can_be_mended: boolean;
  count: number;
  files: TroubleFile[];
  is_acknowledged: boolean;
  is_deleted: boolean;
  is_mending: boolean;
  title: string | null;
  video_id: number | null;
}

/** One complete rendition: pixels, bits per second at its peak and on average, bytes on disk. */
export interface StoredQuality {
  average_bitrate: number;
  bitrate: number;
  codec: string;
  height: number;
  kind: string;
  quality: string;
  size_bytes: number;
  width: number;
}

/** One tag; `video_count` is of the face that was asked: published videos, or all outside the archive. `edit_revision` counts what people have changed of it. */
export interface Tag {
  created_at: string;
  edit_revision: number;
  id: number;
  name: string;
  slug: string;
  video_count: number;
}

/** What it is to be called instead; `edit_revision` is what the editor has seen: with it, nothing is changed if somebody else has changed the tag since. */
export interface TagEdit {
  edit_revision?: number | null;
  name: string;
}

/** A tag of a video. */
export interface TagItem {
  id: number;
  name: string;
  slug: string;
}

/** The tag whose videos shall have another one instead is in the path; `into` is that other one. */
export interface TagMerge {
  into: number;
}

/** What a tag is to be called. */
export interface TagName {
  name: string;
}

/** One page of tags by name; the next one begins after the tag `next_after`, if there is one. */
export interface TagPage {
  next_after: number | null;
  tags: Tag[];
}

/** All tags that the video is to have. `edit_revision`: as with its other edits. */
export interface TagSet {
  edit_revision?: number | null;
  tag_ids: number[];
}

/** One task of a job. Cells are segments, both ends included, `null` for tasks that make none. */
export interface Task {
  attempt: number;
  attempts: TaskAttempt[];
  command: string | null;
  error_code: string | null;
  error_message: string | null;
  finished_at: string | null;
  first_cell: number | null;
  id: number;
  kind: string;
  last_cell: number | null;
  max_attempts: number;
  progress_percent: number;
  renditions: string[];
  started_at: string | null;
  state: "queued" | "leased" | "done" | "failed";
  stderr_tail: string | null;
  worker: string | null;
}

/** One time that a worker had the task. `outcome` is done, failed, released or expired. */
export interface TaskAttempt {
  ended_at: string;
  error_code: string | null;
  error_message: string | null;
  number: number;
  outcome: "done" | "failed" | "released" | "expired";
  runs: Run[];
  started_at: string;
  worker: string;
}

/** One size of a video's picture. `format` is jpeg, webp or avif; sizes are pixels. */
export interface Thumbnail {
  format: string;
  height: number;
  url: string;
  width: number;
}

/** The picture that stands for a video. */
export interface ThumbnailView {
  is_pending: boolean;
  thumbnail_source: "auto" | "selected" | "custom";
  thumbnail_timestamp: number | null;
  thumbnail_url: string | null;
  thumbnail_version: number;
  thumbnails: Thumbnail[];
  video_id: number;
  wide: Thumbnail | null;
}

/** One file that is not as it should be, in words, with what to do about it. */
export interface TroubleFile {
  advice: string;
  found_at: string | null;
  key: string;
  kind: string;
  part: string;
  words: string;
}

/** Uploads that are being received or ended a short while ago, newest first. */
export interface UploadList {
  uploads: UploadView[];
}

/** One upload: how far it is, and what came of it. `slug` and `video_id` are its video's. */
export interface UploadView {
  created_at: string;
  error_code: string | null;
  error_message: string | null;
  expires_at: string;
  filename: string;
  id: string;
  length_bytes: number;
  offset_bytes: number;
  slug: string | null;
  state: "receiving" | "accepted" | "failed";
  title: string;
  updated_at: string;
  video_id: number | null;
}

/** The file is safe here, and its job is queued. */
export interface Uploaded {
  message: string;
  slug: string;
  status: string;
  video_id: number;
}

/** What to change; fields that are not sent stay as they are. `category_id` of `null` means none. */
export interface VideoEdit {
  category_id?: number | null;
  description?: string | null;
  edit_revision?: number | null;
  is_featured?: boolean | null;
  slug?: string | null;
  tag_ids?: number[] | null;
  title?: string | null;
  visibility?: "public" | "unlisted" | "private" | null;
}

/** All fields of a video. */
export interface VideoFields {
  fields: FieldValue[];
  video_id: number;
}

/** A video to be put in front of another one, or at the end. */
export interface VideoMove {
  before?: number | null;
  video_id: number;
}

/** All videos of the playlist, in the order that they shall have. */
export interface VideoOrder {
  video_ids: number[];
}

/** How far the newest job of a video is, with what went wrong in full; zeros before there is one. */
export interface VideoProgress {
  attempt: number;
  current_step: string | null;
  eta_seconds: number | null;
  last_error: string | null;
  max_attempts: number;
  playable_seconds: number | null;
  progress_percent: number;
  qualities: RenditionProgress[];
  started_at: string | null;
  status: "pending" | "processing" | "ready" | "failed";
}

/** A video of whose source there is something to say. */
export interface VideoRemarks {
  title: string;
  video_id: number;
  warnings: string[];
}

/** A tag of a video. */
export interface VideoTag {
  id: number;
  name: string;
  slug: string;
}

/** A description that nobody has saved; times in it that are beyond `duration` (seconds) are none. */
export interface Written {
  duration?: number | null;
  text: string;
}

/** A stored file that is missing, damaged, or named by no row, and what to do about it. */
export interface WrongFile {
  advice: string;
  key: string;
  kind: string;
  part: string;
  video_id: number | null;
}

export interface Operations {
  "GET /api/archive": {
    path?: never;
    query?: never;
    body?: never;
    answer: Forecast;
  };
  "PUT /api/archive": {
    path?: never;
    query?: never;
    body: Retention;
    answer: Forecast;
  };
  "POST /api/archive/purge": {
    path?: never;
    query?: never;
    body: Seen;
    answer: PurgeAnswer;
  };
  "GET /api/audit": {
    path?: never;
    query?: {
      limit?: number | null;
      before?: number | null;
      action?: "archive.purged" | "category.created" | "category.deleted" | "category.edited" | "category.moved" | "chapters.changed" | "field.created" | "field.deleted" | "field.edited" | "playlist.created" | "playlist.deleted" | "playlist.edited" | "playlist.items" | "playlist.restored" | "setting.changed" | "tag.created" | "tag.deleted" | "tag.merged" | "tag.renamed" | "video.deleted" | "video.edited" | "video.fields" | "video.published" | "video.purged" | "video.replaced" | "video.restored" | "video.retranscoded" | "video.retried" | "video.scheduled" | "video.thumbnail" | "video.unpublished" | "video.uploaded" | "videos.deleted" | "videos.edited" | "videos.fields" | "videos.listed" | "videos.published" | "videos.purged" | "videos.restored" | "videos.retranscoded" | "videos.tagged" | "videos.unpublished" | null;
      actor?: string | null;
      subject_type?: string | null;
      subject_id?: number | null;
      date_from?: string | null;
      date_to?: string | null;
    };
    body?: never;
    answer: AuditPage;
  };
  "GET /api/audit/choices": {
    path?: never;
    query?: never;
    body?: never;
    answer: AuditChoices;
  };
  "GET /api/auth/check": {
    path?: never;
    query?: never;
    body?: never;
    answer: Authentication;
  };
  "GET /api/auth/csrf-token": {
    path?: never;
    query?: never;
    body?: never;
    answer: CsrfToken;
  };
  "POST /api/auth/login": {
    path?: never;
    query?: never;
    body: LoginForm;
    answer: SignedIn;
  };
  "POST /api/auth/logout": {
    path?: never;
    query?: never;
    body?: never;
    answer: Authentication;
  };
  "POST /api/auth/setup": {
    path?: never;
    query?: never;
    body: SetupForm;
    answer: SignedIn;
  };
  "GET /api/categories": {
    path?: never;
    query?: never;
    body?: never;
    answer: Category[];
  };
  "POST /api/categories": {
    path?: never;
    query?: never;
    body: NewCategory;
    answer: Category;
  };
  "POST /api/categories/reorder": {
    path?: never;
    query?: never;
    body: CategoryOrder;
    answer: Category[];
  };
  "PUT /api/categories/{category_id}": {
    path: {
      category_id: number;
    };
    query?: never;
    body: CategoryEdit;
    answer: Category;
  };
  "DELETE /api/categories/{category_id}": {
    path: {
      category_id: number;
    };
    query?: never;
    body?: never;
    answer: null;
  };
  "GET /api/custom-fields": {
    path?: never;
    query?: {
      category_id?: number | null;
    };
    body?: never;
    answer: FieldList;
  };
  "POST /api/custom-fields": {
    path?: never;
    query?: never;
    body: FieldCreation;
    answer: FieldShape;
  };
  "GET /api/custom-fields/{field_id}": {
    path: {
      field_id: number;
    };
    query?: never;
    body?: never;
    answer: FieldShape;
  };
  "PUT /api/custom-fields/{field_id}": {
    path: {
      field_id: number;
    };
    query?: never;
    body: FieldEdit;
    answer: FieldShape;
  };
  "DELETE /api/custom-fields/{field_id}": {
    path: {
      field_id: number;
    };
    query?: never;
    body?: never;
    answer: null;
  };
  "GET /api/custom-fields/{field_id}/usage": {
    path: {
      field_id: number;
    };
    query?: never;
    body?: never;
    answer: FieldUsage;
  };
  "GET /api/dashboard": {
    path?: never;
    query?: never;
    body?: never;
    answer: Dashboard;
  };
  "GET /api/health": {
    path?: never;
    query?: never;
    body?: never;
    answer: AdminHealth;
  };
  "GET /api/inbox": {
    path?: never;
    query?: never;
    body?: never;
    answer: Inbox;
  };
  "POST /api/markdown/preview": {
    path?: never;
    query?: never;
    body: Written;
    answer: Rendered;
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
  "POST /api/playlists": {
    path?: never;
    query?: never;
    body: PlaylistEdit;
    answer: Playlist;
  };
  "GET /api/playlists/{playlist_id}": {
    path: {
      playlist_id: number;
    };
    query?: never;
    body?: never;
    answer: Playlist;
  };
  "PUT /api/playlists/{playlist_id}": {
    path: {
      playlist_id: number;
    };
    query?: never;
    body: PlaylistEdit;
    answer: Playlist;
  };
  "DELETE /api/playlists/{playlist_id}": {
    path: {
      playlist_id: number;
    };
    query?: never;
    body?: never;
    answer: null;
  };
  "POST /api/playlists/{playlist_id}/move": {
    path: {
      playlist_id: number;
    };
    query?: never;
    body: VideoMove;
    answer: Playlist;
  };
  "POST /api/playlists/{playlist_id}/reorder": {
    path: {
      playlist_id: number;
    };
    query?: never;
    body: VideoOrder;
    answer: Playlist;
  };
  "POST /api/playlists/{playlist_id}/restore": {
    path: {
      playlist_id: number;
    };
    query?: never;
    body?: never;
    answer: Playlist;
  };
  "GET /api/playlists/{playlist_id}/videos": {
    path: {
      playlist_id: number;
    };
    query?: {
      limit?: number | null;
      after?: number | null;
    };
    body?: never;
    answer: PlaylistVideos;
  };
  "POST /api/playlists/{playlist_id}/videos": {
    path: {
      playlist_id: number;
    };
    query?: never;
    body: AddedVideos;
    answer: Playlist;
  };
  "DELETE /api/playlists/{playlist_id}/videos/{video_id}": {
    path: {
      playlist_id: number;
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: Playlist;
  };
  "GET /api/storage": {
    path?: never;
    query?: never;
    body?: never;
    answer: StorageState;
  };
  "POST /api/storage/acknowledge": {
    path?: never;
    query?: never;
    body: Acknowledgement;
    answer: StorageState;
  };
  "POST /api/storage/check": {
    path?: never;
    query?: never;
    body?: never;
    answer: StorageState;
  };
  "DELETE /api/storage/check": {
    path?: never;
    query?: never;
    body?: never;
    answer: StorageState;
  };
  "POST /api/storage/videos/{video_id}/repair": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: StorageState;
  };
  "GET /api/tags": {
    path?: never;
    query?: {
      limit?: number | null;
      after?: number | null;
      search?: string | null;
    };
    body?: never;
    answer: TagPage;
  };
  "POST /api/tags": {
    path?: never;
    query?: never;
    body: TagName;
    answer: Tag;
  };
  "GET /api/tags/{tag_id}": {
    path: {
      tag_id: number;
    };
    query?: never;
    body?: never;
    answer: Tag;
  };
  "PUT /api/tags/{tag_id}": {
    path: {
      tag_id: number;
    };
    query?: never;
    body: TagEdit;
    answer: Tag;
  };
  "DELETE /api/tags/{tag_id}": {
    path: {
      tag_id: number;
    };
    query?: never;
    body?: never;
    answer: null;
  };
  "POST /api/tags/{tag_id}/merge": {
    path: {
      tag_id: number;
    };
    query?: never;
    body: TagMerge;
    answer: Tag;
  };
  "GET /api/uploads": {
    path?: never;
    query?: never;
    body?: never;
    answer: UploadList;
  };
  "POST /api/uploads": {
    path?: never;
    query?: never;
    body?: never;
    answer: UploadView;
  };
  "GET /api/uploads/{upload_id}": {
    path: {
      upload_id: string;
    };
    query?: never;
    body?: never;
    answer: UploadView;
  };
  "PATCH /api/uploads/{upload_id}": {
    path: {
      upload_id: string;
    };
    query?: never;
    body?: never;
    answer: null;
  };
  "DELETE /api/uploads/{upload_id}": {
    path: {
      upload_id: string;
    };
    query?: never;
    body?: never;
    answer: null;
  };
  "GET /api/videos": {
    path?: never;
    query?: {
      limit?: number | null;
      cursor?: string | null;
      search?: string | null;
      category?: string | null;
      tag?: string | null;
      status?: string | null;
      visibility?: string | null;
      publication?: string | null;
      duration?: string | null;
      featured?: boolean | null;
      has_chapters?: boolean | null;
      date_from?: string | null;
      date_to?: string | null;
      sort?: "date" | "title" | "duration" | "views" | "relevance" | null;
      order?: "asc" | "desc" | null;
      deleted?: boolean | null;
      include_total?: boolean | null;
    };
    body?: never;
    answer: AdminPage;
  };
  "POST /api/videos": {
    path?: never;
    query?: never;
    body: FormData;
    answer: Uploaded;
  };
  "GET /api/videos/archived": {
    path?: never;
    query?: {
      limit?: number | null;
      cursor?: string | null;
    };
    body?: never;
    answer: ArchivePage;
  };
  "POST /api/videos/bulk/add-to-playlist": {
    path?: never;
    query?: never;
    body: ManyListed;
    answer: BulkAnswer;
  };
  "POST /api/videos/bulk/custom-fields": {
    path?: never;
    query?: never;
    body: ManyAnswered;
    answer: BulkAnswer;
  };
  "POST /api/videos/bulk/delete": {
    path?: never;
    query?: never;
    body: ManyDeleted;
    answer: BulkAnswer;
  };
  "POST /api/videos/bulk/publish": {
    path?: never;
    query?: never;
    body: Many;
    answer: BulkAnswer;
  };
  "POST /api/videos/bulk/restore": {
    path?: never;
    query?: never;
    body: Many;
    answer: BulkAnswer;
  };
  "POST /api/videos/bulk/retranscode": {
    path?: never;
    query?: never;
    body: ManyRetranscoded;
    answer: BulkAnswer;
  };
  "POST /api/videos/bulk/tags": {
    path?: never;
    query?: never;
    body: ManyTagged;
    answer: BulkAnswer;
  };
  "POST /api/videos/bulk/unpublish": {
    path?: never;
    query?: never;
    body: Many;
    answer: BulkAnswer;
  };
  "POST /api/videos/bulk/update": {
    path?: never;
    query?: never;
    body: ManyEdited;
    answer: BulkAnswer;
  };
  "GET /api/videos/by-slug/{slug}": {
    path: {
      slug: string;
    };
    query?: never;
    body?: never;
    answer: AdminVideo;
  };
  "GET /api/videos/export": {
    path?: never;
    query?: {
      limit?: number | null;
      cursor?: string | null;
      search?: string | null;
      category?: string | null;
      tag?: string | null;
      status?: string | null;
      visibility?: string | null;
      publication?: string | null;
      duration?: string | null;
      featured?: boolean | null;
      has_chapters?: boolean | null;
      date_from?: string | null;
      date_to?: string | null;
      sort?: "date" | "title" | "duration" | "views" | "relevance" | null;
      order?: "asc" | "desc" | null;
      deleted?: boolean | null;
      include_total?: boolean | null;
      format?: "json" | "ndjson" | "csv" | null;
      include_deleted?: boolean | null;
      bom?: boolean | null;
    };
    body?: never;
    answer: { exported_at?: string; installation?: string; total_count?: number; videos?: Record<string, unknown>[] };
  };
  "POST /api/videos/import": {
    path?: never;
    query?: never;
    body: Import;
    answer: ImportResult;
  };
  "POST /api/videos/import/{kind}": {
    path: {
      kind: "json" | "ndjson" | "csv";
    };
    query?: {
      create_missing?: boolean | null;
      dry_run?: boolean | null;
      installation?: string | null;
    };
    body: string;
    answer: ImportResult;
  };
  "GET /api/videos/{video_id}": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: AdminVideoDetail;
  };
  "PUT /api/videos/{video_id}": {
    path: {
      video_id: number;
    };
    query?: never;
    body: VideoEdit;
    answer: AdminVideo;
  };
  "DELETE /api/videos/{video_id}": {
    path: {
      video_id: number;
    };
    query?: {
      permanent?: boolean | null;
    };
    body?: never;
    answer: Done;
  };
  "GET /api/videos/{video_id}/chapters": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: ChapterList;
  };
  "POST /api/videos/{video_id}/chapters": {
    path: {
      video_id: number;
    };
    query?: never;
    body: NewChapter;
    answer: Chapter;
  };
  "PUT /api/videos/{video_id}/chapters": {
    path: {
      video_id: number;
    };
    query?: never;
    body: Replacement;
    answer: ChapterList;
  };
  "GET /api/videos/{video_id}/chapters/from-description": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: ListedChapters;
  };
  "POST /api/videos/{video_id}/chapters/from-description": {
    path: {
      video_id: number;
    };
    query?: never;
    body: Detection;
    answer: ChapterList;
  };
  "GET /api/videos/{video_id}/chapters/from-source": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: ListedChapters;
  };
  "POST /api/videos/{video_id}/chapters/from-source": {
    path: {
      video_id: number;
    };
    query?: never;
    body: Detection;
    answer: ChapterList;
  };
  "POST /api/videos/{video_id}/chapters/reorder": {
    path: {
      video_id: number;
    };
    query?: never;
    body: ChapterOrder;
    answer: ChapterList;
  };
  "GET /api/videos/{video_id}/chapters/{chapter_id}": {
    path: {
      video_id: number;
      chapter_id: number;
    };
    query?: never;
    body?: never;
    answer: Chapter;
  };
  "PUT /api/videos/{video_id}/chapters/{chapter_id}": {
    path: {
      video_id: number;
      chapter_id: number;
    };
    query?: never;
    body: ChapterEdit;
    answer: Chapter;
  };
  "DELETE /api/videos/{video_id}/chapters/{chapter_id}": {
    path: {
      video_id: number;
      chapter_id: number;
    };
    query?: never;
    body?: never;
    answer: null;
  };
  "GET /api/videos/{video_id}/custom-fields": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: VideoFields;
  };
  "PUT /api/videos/{video_id}/custom-fields": {
    path: {
      video_id: number;
    };
    query?: never;
    body: FieldValues;
    answer: VideoFields;
  };
  "GET /api/videos/{video_id}/progress": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: VideoProgress;
  };
  "POST /api/videos/{video_id}/publish": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: AdminVideo;
  };
  "GET /api/videos/{video_id}/qualities": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: Qualities;
  };
  "POST /api/videos/{video_id}/re-upload": {
    path: {
      video_id: number;
    };
    query?: never;
    body: FormData;
    answer: Replaced;
  };
  "POST /api/videos/{video_id}/restore": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: AdminVideo;
  };
  "POST /api/videos/{video_id}/retranscode": {
    path: {
      video_id: number;
    };
    query?: never;
    body: Retranscoding;
    answer: AdminVideoDetail;
  };
  "POST /api/videos/{video_id}/retry": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: AdminVideo;
  };
  "POST /api/videos/{video_id}/schedule": {
    path: {
      video_id: number;
    };
    query?: never;
    body: Schedule;
    answer: AdminVideo;
  };
  "GET /api/videos/{video_id}/tags": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: VideoTag[];
  };
  "PUT /api/videos/{video_id}/tags": {
    path: {
      video_id: number;
    };
    query?: never;
    body: TagSet;
    answer: VideoTag[];
  };
  "DELETE /api/videos/{video_id}/tags/{tag_id}": {
    path: {
      video_id: number;
      tag_id: number;
    };
    query?: never;
    body?: never;
    answer: null;
  };
  "GET /api/videos/{video_id}/thumbnail": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: ThumbnailView;
  };
  "POST /api/videos/{video_id}/thumbnail/frames": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: FrameList;
  };
  "POST /api/videos/{video_id}/thumbnail/revert": {
    path: {
      video_id: number;
    };
    query?: {
      seen_version?: number | null;
    };
    body?: never;
    answer: ThumbnailView;
  };
  "POST /api/videos/{video_id}/thumbnail/select": {
    path: {
      video_id: number;
    };
    query?: {
      seen_version?: number | null;
    };
    body: Choice;
    answer: ThumbnailView;
  };
  "POST /api/videos/{video_id}/thumbnail/upload": {
    path: {
      video_id: number;
    };
    query?: {
      seen_version?: number | null;
    };
    body: FormData;
    answer: ThumbnailView;
  };
  "POST /api/videos/{video_id}/unpublish": {
    path: {
      video_id: number;
    };
    query?: never;
    body?: never;
    answer: AdminVideo;
  };
  "GET /health": {
    path?: never;
    query?: never;
    body?: never;
    answer: Health;
  };
}
