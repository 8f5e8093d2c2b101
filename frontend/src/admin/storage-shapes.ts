/** What /api/storage answers, as far as the page reads it. */

export interface StoragePart {
  state: "ok" | "read_only" | "failing";
  reason: string | null;
}

export interface StorageCheck {
  state: "requested" | "running" | "done" | "failed" | "stopped";
  waited_seconds: number;
  finished_at: string | null;
  files: number;
  size_bytes: number;
  total_bytes: number;
  percent: number;
  eta_seconds: number | null;
  wrong_files_count: number;
  error_message: string | null;
}

export interface WrongFile {
  key: string;
  words: string;
  advice: string;
}

export interface Trouble {
  video_id: number | null;
  title: string | null;
  is_deleted: boolean;
  count: number;
  is_acknowledged: boolean;
  is_mending: boolean;
  can_be_mended: boolean;
  files: WrongFile[];
}

export interface StorageState {
  database: StoragePart;
  storage: StoragePart;
  free_bytes: number | null;
  total_bytes: number | null;
  check: StorageCheck | null;
  last_check: StorageCheck | null;
  interval_days: number;
  rate_mb: number;
  wrong_files_count: number;
  troubles: Trouble[];
  remarks: { video_id: number; title: string; warnings: string[] }[];
}
