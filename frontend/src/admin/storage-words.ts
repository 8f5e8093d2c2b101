import { bytes, moment, percent, remaining } from "../shared/format";
import type { Tone } from "./status";
import type { StorageCheck, Part, StorageState, StorageTrouble } from "./api-types";

const FEW_PERCENT = 95;
// A background process that runs takes a request within seconds.
const PATIENCE_SECONDS = 30;

export function files(count: number): string {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? "file" : "files"}`;
}

/** The disk in figures; `usedPercent` is 0 when nobody knows. */
export function spaceOf(free: number | null, total: number | null) {
  if (free === null || total === null || total <= 0) {
    return { isKnown: false, free: "Unknown", usedPercent: 0, tone: "plain", text: "The storage does not say how much room it has." };
  }
  const used = (100 * (total - free)) / total;
  return {
    isKnown: true,
    free: `${bytes(free)} free`,
    usedPercent: used,
    tone: used >= FEW_PERCENT ? "danger" : "plain",
    text: `${bytes(total - free)} of ${bytes(total)} in use`,
  };
}

const STATES: Record<Part["state"], { text: string; tone: Tone }> = {
  ok: { text: "Works", tone: "success" },
  read_only: { text: "Can only be read", tone: "warning" },
  failing: { text: "Does not work", tone: "danger" },
};

export function partOf(name: string, part: Part) {
  return { name, badge: STATES[part.state], reason: part.reason ?? "" };
}

/** The check that is asked for or under way, or why there is none to wait for. */
export function checkOf(check: StorageCheck | null) {
  const isRunning = check?.state === "running";
  const words = { isOpen: isRunning || check?.state === "requested", isRunning, percent: check?.percent ?? 0, title: "", text: "", trouble: "" };
  if (check === null) return words;
  if (check.state === "requested") {
    const isLate = check.waited_seconds > PATIENCE_SECONDS;
    words.title = "Begins within seconds.";
    words.text = isLate ? "Nobody has taken it yet: is the background process running?" : "";
  } else if (isRunning) {
    const wrong = check.wrong_files_count > 0 ? `${files(check.wrong_files_count)} wrong` : null;
    words.title = [percent(check.percent), remaining(check.eta_seconds)].filter(Boolean).join(" · ");
    const amount = `${bytes(check.size_bytes)} of about ${bytes(check.total_bytes)}`;
    words.text = [files(check.files), amount, wrong].filter(Boolean).join(" · ");
  } else if (check.state === "stopped") {
    words.trouble = "The last check was stopped before its end.";
  } else if (check.state === "failed") {
    words.trouble = `The last check did not come to its end: ${check.error_message ?? "nobody knows why."}`;
  }
  return words;
}

/** "Last checked 3 May 2026, 12:00: 1,204 files (3.1 GB), all as they should be." */
export function lastCheck(check: StorageCheck | null): string {
  if (check === null) return "No check has come to its end yet.";
  if (check.files === 0) return `Last checked ${moment(check.finished_at)}, when nothing was stored yet.`;
  const found = check.wrong_files_count === 0 ? "all as they should be" : `${check.wrong_files_count} of them not as they should be`;
  return `Last checked ${moment(check.finished_at)}: ${files(check.files)} (${bytes(check.size_bytes)}), ${found}.`;
}

export function schedule({ interval_days, rate_mb }: Pick<StorageState, "interval_days" | "rate_mb">): string {
  if (interval_days === 0) return "Files are not checked by themselves (setting storage.verify_interval_days).";
  const often = interval_days === 1 ? "Every day" : `Every ${interval_days} days`;
  return `${often} all files are read and compared with their hashes, at ${rate_mb} MiB/s at most.`;
}

export function badgeOf(trouble: StorageTrouble): { text: string; tone: Tone } {
  if (trouble.is_mending) return { text: "Being made again", tone: "working" };
  if (trouble.is_acknowledged) return { text: "Acknowledged", tone: "plain" };
  return trouble.video_id === null ? { text: "Left over", tone: "warning" } : { text: "Needs you", tone: "danger" };
}

/** What to do about all of it: the advice of its files, each once. */
export function adviceOf(trouble: StorageTrouble): string {
  if (trouble.is_mending && !trouble.can_be_mended) return "It is looked at again when the work is done.";
  if (trouble.is_deleted) return "The video is in the archive: restore it first, or delete it permanently.";
  return [...new Set(trouble.files.map(({ advice }) => advice))].join(" ");
}
