/** Buffered stretches as a CSS gradient: one layer, however many stretches there are. */
export function bufferedGradient(ranges: readonly (readonly [number, number])[], duration: number, colour: string): string {
  if (!(duration > 0) || ranges.length === 0) return "none";
  const at = (seconds: number): string => `${Math.min(100, (seconds / duration) * 100).toFixed(2)}%`;
  const stops = ranges.flatMap(([from, to]) => [
    `transparent ${at(from)}`, `${colour} ${at(from)}`, `${colour} ${at(to)}`, `transparent ${at(to)}`,
  ]);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

export function rangesOf(buffered: TimeRanges): [number, number][] {
  return Array.from({ length: buffered.length }, (_, at) => [buffered.start(at), buffered.end(at)]);
}
