/** `?t=90`, `?t=90s`, `?t=1h2m3s`, `?t=1:02:03` → seconds; null for anything else. */
export function parseStartTime(text: string | null): number | null {
  if (text === null) return null;
  const value = text.trim().toLowerCase();
  if (/^\d+(\.\d+)?s?$/.test(value)) return Number.parseFloat(value);
  const units = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(value);
  if (units && value !== "") return total(units.slice(1));
  const colons = /^(?:(\d+):)?(\d{1,2}):(\d{2})$/.exec(value);
  return colons ? total(colons.slice(1)) : null;
}

function total(parts: (string | undefined)[]): number {
  return parts.reduce((seconds, part) => seconds * 60 + Number(part ?? 0), 0);
}

/** The other way round, as short as it can be: 3723 → "1h2m3s", 90 → "1m30s". */
export function formatStartTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts: [number, string][] = [[Math.floor(whole / 3600), "h"], [Math.floor((whole % 3600) / 60), "m"], [whole % 60, "s"]];
  const text = parts.filter(([number]) => number > 0).map(([number, unit]) => `${number}${unit}`).join("");
  return text === "" ? "0s" : text;
}

/** A page's address that starts at a time; other parameters and the fragment are dropped. */
export function addressAt(address: string, seconds: number | null): string {
  const url = new URL(address);
  url.search = seconds === null || seconds < 1 ? "" : `?t=${formatStartTime(seconds)}`;
  url.hash = "";
  return url.href;
}
