/** Bytes per second over the last seconds of a transfer, and what that leaves to wait. */
export class TransferRate {
  readonly #samples: [atMs: number, bytes: number][] = [];

  constructor(private readonly windowMs = 8000) {}

  add(atMs: number, bytes: number): void {
    this.#samples.push([atMs, bytes]);
    while (this.#samples.length > 2 && atMs - this.#samples[0]![0] > this.windowMs) this.#samples.shift();
  }

  /** null until a second has been seen. */
  bytesPerSecond(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last[0] - first[0] < 1000) return null;
    return ((last[1] - first[1]) / (last[0] - first[0])) * 1000;
  }

  secondsFor(bytes: number): number | null {
    const rate = this.bytesPerSecond();
    return rate === null || rate <= 0 ? null : bytes / rate;
  }
}
