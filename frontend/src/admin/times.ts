/** Times as people write them beside a film: "1:02:03.5", "2:03", "45". */
const FORM = /^(?:(?:(\d{1,3}):)?([0-5]?\d):)?(\d{1,5}(?:[.,]\d{1,3})?)$/;

/** Seconds; null for what is no time. */
export function secondsOf(text: string): number | null {
  const found = FORM.exec(text.trim());
  if (found === null) return null;
  const [, hours, minutes, rest] = found;
  const seconds = Number((rest ?? "").replace(",", "."));
  if (minutes !== undefined && seconds >= 60) return null;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + seconds;
}

/** 3723.5 → "1:02:03.5", 65 → "1:05": what `secondsOf` reads again, without thousandths that nobody hears. */
export function timeText(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const whole = Math.floor(tenths / 10);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const rest = String(whole % 60).padStart(2, "0") + (tenths % 10 === 0 ? "" : `.${tenths % 10}`);
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Where an arrow key in a time field leads: a second, ten with Shift; within the film. Null for other keys. */
export function nudged(seconds: number, event: Pick<KeyboardEvent, "key" | "shiftKey">, last: number): number | null {
  const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (way === undefined) return null;
  return Math.min(last, Math.max(0, seconds + way * (event.shiftKey ? 10 : 1)));
}
