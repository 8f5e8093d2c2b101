import { t, tn } from "./words";

/** How numbers read to people. Every function is pure; the templates' macros/format.html writes the same forms. */

/** 3723.4 → "1:02:03", 65 → "1:05". Whole seconds, rounded down as clocks do. */
export function clock(seconds: number): string {
  const total = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = String(total % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function hours(number: number): string {
  return tn("%(count)s hour", "%(count)s hours", number);
}

function minutes(number: number): string {
  return tn("%(count)s minute", "%(count)s minutes", number);
}

/** 3723 → "1 hour 2 minutes 3 seconds": what a screen reader should say instead of "1:02:03". */
export function spoken(seconds: number): string {
  const total = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const parts: string[] = [];
  if (total >= 3600) parts.push(hours(Math.floor(total / 3600)));
  if (total % 3600 >= 60) parts.push(minutes(Math.floor((total % 3600) / 60)));
  if (total % 60 > 0 || parts.length === 0) parts.push(tn("%(count)s second", "%(count)s seconds", total % 60));
  return parts.join(" ");
}

/** Remaining time as a calm estimate: it does not tick with the second. null when nobody knows. */
export function remaining(seconds: number | null): string | null {
  const words = about(seconds);
  return words === null ? null : t("%(time)s left", { time: words });
}

/** "a few seconds", "about 20 seconds", "about 2 minutes", "about 1 h 10 min". */
export function about(seconds: number | null): string | null {
  if (seconds === null || !Number.isFinite(seconds) || seconds < 0) return null;
  if (seconds < 10) return t("a few seconds");
  if (seconds < 60) return t("about %(count)s seconds", { count: Math.ceil(seconds / 10) * 10 });
  if (seconds < 3570) return t("about %(time)s", { time: minutes(Math.round(seconds / 60)) });
  const tens = Math.round(seconds / 600);
  const rest = (tens % 6) * 10;
  if (rest === 0) return t("about %(time)s", { time: hours(Math.floor(tens / 6)) });
  return t("about %(hours)s h %(minutes)s min", { hours: Math.floor(tens / 6), minutes: rest });
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** 1_530_000 → "1.5 MB" (decimal units, as disks and network rates are sold). */
export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined || !Number.isFinite(size)) return "–";
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** Bits per second → "2.4 Mb/s". */
export function bitRate(bitsPerSecond: number | null | undefined): string {
  if (bitsPerSecond === null || bitsPerSecond === undefined || !Number.isFinite(bitsPerSecond)) return "–";
  if (bitsPerSecond >= 1_000_000) return `${(bitsPerSecond / 1_000_000).toFixed(1)} Mb/s`;
  return `${Math.round(bitsPerSecond / 1000)} kb/s`;
}

/** 41.7 → "41 %". Never 100 % before it is done. */
export function percent(value: number): string {
  const bounded = Math.min(100, Math.max(0, value));
  return `${Math.floor(bounded)} %`;
}

/** An elapsed time for tables: "0.4 s", "12 s", "3 min 05 s", "1 h 20 min". */
export function elapsed(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds) || seconds < 0) return "–";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const MOMENT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function day(iso: string | null): string {
  return iso === null ? "–" : DAY.format(new Date(iso));
}

export function moment(iso: string | null): string {
  return iso === null ? "–" : MOMENT.format(new Date(iso));
}

export function timeOfDay(iso: string | null): string {
  return iso === null ? "–" : TIME.format(new Date(iso));
}
