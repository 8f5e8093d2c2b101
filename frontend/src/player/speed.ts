import { t } from "../shared/words";

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const;

/** The next speed in a direction; the last one in that direction stays. */
export function nextSpeed(current: number, direction: 1 | -1): number {
  const candidates = direction > 0 ? SPEEDS : [...SPEEDS].reverse();
  return candidates.find((speed) => (speed - current) * direction > 0.001) ?? candidates[candidates.length - 1]!;
}

export function speedLabel(speed: number): string {
  return speed === 1 ? t("Normal") : `${speed}×`;
}
