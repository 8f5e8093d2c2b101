import type { Engine, EngineHooks, Quality, Source } from "./engine";
import { kindOfMediaError, PlaybackProblem } from "./problems";

const HLS = "application/vnd.apple.mpegurl";

/** Hands the HLS playlist to the browser, where that is the only way (older iPhones). It picks qualities itself. */
export class NativeEngine implements Engine {
  readonly #listening = new AbortController();
  readonly #video: HTMLVideoElement;
  readonly #hooks: EngineHooks;
  #loading = false;

  constructor(video: HTMLVideoElement, hooks: EngineHooks) {
    this.#video = video;
    this.#hooks = hooks;
    const { signal } = this.#listening;
    video.addEventListener("error", () => !this.#loading && hooks.onProblem(this.#problem()), { signal });
    video.addEventListener("resize", () => hooks.onChange(), { signal });
  }

  static supported(video: HTMLVideoElement): boolean {
    return video.canPlayType(HLS) !== "";
  }

  async load(source: Source, startSeconds: number | null): Promise<void> {
    if (source.hlsUrl === null) throw new PlaybackProblem("unsupported", "no HLS playlist");
    const video = this.#video;
    this.#loading = true;
    try {
      await new Promise<void>((resolve, reject) => {
        video.addEventListener("loadedmetadata", () => resolve(), { once: true, signal: this.#listening.signal });
        video.addEventListener("error", () => reject(this.#problem()), { once: true, signal: this.#listening.signal });
        video.src = source.hlsUrl ?? "";
        video.load();
      });
    } finally {
      this.#loading = false;
    }
    if (startSeconds !== null) video.currentTime = startSeconds;
    this.#hooks.onChange();
  }

  qualities(): Quality[] {
    return [];
  }

  active(): Quality | null {
    const { videoWidth: width, videoHeight: height } = this.#video;
    return height > 0 ? { id: "native", width, height, bandwidth: 0, frameRate: null } : null;
  }

  chosen(): string | null {
    return null;
  }

  choose(): void {
    // The browser's own adaptation has no switch.
  }

  retry(): boolean {
    return false;
  }

  async destroy(): Promise<void> {
    this.#listening.abort();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  #problem(): PlaybackProblem {
    const code = this.#video.error?.code;
    return new PlaybackProblem(kindOfMediaError(code), `media error ${code ?? "?"}`);
  }
}
