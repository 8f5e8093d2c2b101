/** A key that was pressed, and when (milliseconds). */
export interface Pressed {
  key: string;
  at: number;
}

const PATIENCE_MS = 1500;

/** Where "G, then a letter" leads; null when this is no such pair. */
export function goAfter(before: Pressed, pressed: Pressed, targets: ReadonlyMap<string, string>): string | null {
  if (before.key.toLowerCase() !== "g" || pressed.at - before.at > PATIENCE_MS) return null;
  return targets.get(pressed.key.toLowerCase()) ?? null;
}
