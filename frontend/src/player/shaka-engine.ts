import shaka from "shaka-player/dist/shaka-player.dash-es2021.js";
import { readStored, writeStored } from "../shared/storage";
import type { Engine, EngineHooks, Quality, Source } from "./engine";
import { Box } from "./fit";
import {
  isInterruption, kindOfShakaError, MAX_QUIET_RETRIES, mayPass, PlaybackProblem, retryDelaySeconds, type ShakaErrorLike,
} from "./problems";
import { FittingChoice } from "./fitting-choice";

const BANDWIDTH_KEY = "vlog:bandwidth";
const ASSUMED_BANDWIDTH = 4_000_000;
const SLOW_BANDWIDTH = 700_000;

// A segment that is still being made is answered when it is there, after 20 seconds at most; then 503, and it is asked
// for again. So much patience must be told: without it a request is given up after ten seconds.
const SEGMENT_RETRIES = {
  maxAttempts: 5, baseDelay: 1000, backoffFactor: 1.5, fuzzFactor: 0.5, timeout: 60_000, connectionTimeout: 30_000, stallTimeout: 10_000,
};

let polyfilled = false;

/** Plays CMAF by its DASH manifest through Media Source Extensions. */
export class ShakaEngine implements Engine {
  readonly #player = new shaka.Player();
  readonly #hooks: EngineHooks;
  readonly #video: HTMLVideoElement;
  readonly #box: Box;
  #chosen: string | null = null;
  #source: Source | null = null;
  #quietRetries = 0;
  #retryTimer = 0;

  constructor(video: HTMLVideoElement, hooks: EngineHooks) {
    this.#hooks = hooks;
    this.#video = video;
    const choice = new FittingChoice(() => this.#box.size);
    // Before there is a stream nothing can be switched.
    this.#box = new Box(video, () => this.active() !== null && choice.trySuggestStreams());
    this.#player.configure({
      abrFactory: () => choice,
      abr: {
        // What the last film has shown. The browser's own figure would win over it, and on a fast line nobody has
        // measured yet it says 1.5 Mbit/s: each film would begin worse than it has to.
        useNetworkInformation: false,
        defaultBandwidthEstimate: Number(readStored(BANDWIDTH_KEY)) || firstGuess(),
      },
      streaming: {
        bufferingGoal: 30,
        bufferBehind: 30,
        retryParameters: SEGMENT_RETRIES,
      },
      manifest: { retryParameters: { maxAttempts: 3, baseDelay: 500, backoffFactor: 2, fuzzFactor: 0.5 } },
    });
    for (const event of ["adaptation", "variantchanged", "trackschanged"]) {
      this.#player.addEventListener(event, () => this.#hooks.onChange());
    }
    this.#player.addEventListener("segmentappended", () => (this.#quietRetries = 0));
    this.#player.addEventListener("error", (event) => {
      void this.#onError((event as unknown as { detail: ShakaErrorLike }).detail);
    });
  }

  /** False where the browser has no Media Source Extensions (older iPhones). */
  static supported(): boolean {
    if (!polyfilled) shaka.polyfill.installAll();
    polyfilled = true;
    return shaka.Player.isBrowserSupported();
  }

  async load(source: Source, startSeconds: number | null): Promise<void> {
    try {
      if (this.#player.getMediaElement() === null) await this.#player.attach(this.#video);
      this.#quietRetries = 0;
      this.#chosen = null;
      this.#source = source;
      this.#player.configure("abr.enabled", true);
      this.#player.configure("restrictions.maxBandwidth", Infinity);
      await this.#player.load(source.dashUrl, startSeconds, "application/dash+xml");
    } catch (error) {
      const known = error as ShakaErrorLike;
      if (isInterruption(known)) return;
      throw this.#problem(known);
    }
  }

  qualities(): Quality[] {
    const best = new Map<string, Quality>();
    for (const track of this.#player.getVariantTracks()) {
      if (track.videoId === null) continue;
      best.set(String(track.videoId), qualityOf(track));
    }
    return [...best.values()];
  }

  active(): Quality | null {
    const track = this.#player.getVariantTracks().find((candidate) => candidate.active);
    return track && track.videoId !== null ? qualityOf(track) : null;
  }

  chosen(): string | null {
    return this.#chosen;
  }

  choose(id: string | null): void {
    this.#chosen = id;
    this.#player.configure("abr.enabled", id === null);
    if (id !== null) {
      const tracks = this.#player.getVariantTracks();
      const audio = tracks.find((track) => track.active)?.audioId ?? null;
      const same = tracks.filter((track) => String(track.videoId) === id);
      const track = same.find((candidate) => candidate.audioId === audio) ?? same[0];
      if (track && !track.active) this.#player.selectVariantTrack(track, true);
    }
    this.#hooks.onChange();
  }

  retry(): boolean {
    this.#quietRetries = 0;
    return this.#player.retryStreaming();
  }

  async destroy(): Promise<void> {
    clearTimeout(this.#retryTimer);
    this.#box.end();
    const { estimatedBandwidth } = this.#player.getStats();
    if (estimatedBandwidth > 0) writeStored(BANDWIDTH_KEY, String(Math.round(estimatedBandwidth)));
    await this.#player.destroy();
  }

  async #onError(error: ShakaErrorLike): Promise<void> {
    if (isInterruption(error)) return;
    const problem = this.#problem(error);
    if (problem.kind === "broken" && (await this.#goOnSmaller())) return;
    if (!mayPass(problem.kind) || this.#quietRetries >= MAX_QUIET_RETRIES) {
      this.#hooks.onProblem(problem);
      return;
    }
    clearTimeout(this.#retryTimer);
    const delay = retryDelaySeconds(this.#quietRetries);
    this.#quietRetries += 1;
    this.#retryTimer = window.setTimeout(() => this.#player.retryStreaming(), delay * 1000);
  }

  /** The pictures of the file itself may be damaged; sizes that were made of them are whole. False when there are none. */
  async #goOnSmaller(): Promise<boolean> {
    const tracks = this.#player.getVariantTracks();
    const broken = tracks.find(({ active }) => active);
    if (this.#source === null || broken === undefined || !tracks.some(({ bandwidth }) => bandwidth < broken.bandwidth)) return false;
    const { currentTime } = this.#video;
    this.#player.configure("restrictions.maxBandwidth", broken.bandwidth - 1);
    try {
      await this.#player.load(this.#source.dashUrl, currentTime, "application/dash+xml");
    } catch (error) {
      return isInterruption(error as ShakaErrorLike);
    }
    // Only what plays breaks.
    await this.#video.play().catch(() => undefined);
    return true;
  }

  #problem(error: ShakaErrorLike): PlaybackProblem {
    if (typeof error.code !== "number") return new PlaybackProblem("unknown", String(error));
    return new PlaybackProblem(kindOfShakaError(error), `playback error ${error.category}.${error.code}`);
  }
}

/** Bits per second before anything is known: a browser knows at least whether its line is a slow one. */
function firstGuess(): number {
  const { connection } = navigator as Navigator & { connection?: { effectiveType?: string } };
  return (connection?.effectiveType ?? "4g") === "4g" ? ASSUMED_BANDWIDTH : SLOW_BANDWIDTH;
}

function qualityOf(track: shaka.extern.Track): Quality {
  return {
    id: String(track.videoId),
    width: track.width ?? 0,
    height: track.height ?? 0,
    bandwidth: track.videoBandwidth ?? track.bandwidth,
    frameRate: track.frameRate,
  };
}
