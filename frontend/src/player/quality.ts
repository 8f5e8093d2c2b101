import type { Quality } from "./engine";
import { bitRate } from "../shared/format";

/** The number people know a picture size by: its short side, so that portrait 1080×1920 is 1080p as well. */
export function lines({ width, height }: { width: number; height: number }): number {
  return width > 0 ? Math.min(width, height) : height;
}

/** "1080p", or "1080p60" where movement is smoother than film and television. */
export function label(quality: Quality): string {
  const rate = quality.frameRate !== null && quality.frameRate > 32 ? String(Math.round(quality.frameRate)) : "";
  return `${lines(quality)}p${rate}`;
}

export interface QualityChoice {
  id: string;
  label: string;
  /** What tells two choices with the same label apart: the bit rate. */
  hint: string | null;
}

/** Largest first; two of the same size show their bit rates. */
export function choices(qualities: readonly Quality[]): QualityChoice[] {
  const sorted = [...qualities].sort((a, b) => lines(b) - lines(a) || b.bandwidth - a.bandwidth);
  const labels = sorted.map(label);
  return sorted.map((quality, at) => ({
    id: quality.id,
    label: labels[at] ?? "",
    hint: labels.filter((other) => other === labels[at]).length > 1 ? bitRate(quality.bandwidth) : null,
  }));
}

/** Sizes the server has and the loaded manifest has not: they joined since. Largest first. */
export function joined<T extends { width: number; height: number }>(loaded: readonly Quality[], served: readonly T[]): T[] {
  const known = new Set(loaded.map(lines));
  return served.filter((one) => !known.has(lines(one))).sort((a, b) => lines(b) - lines(a));
}
