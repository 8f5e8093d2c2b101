import { need } from "../shared/dom";
import type { Source } from "./engine";
import { openEngine } from "./open-engine";
import { PlaybackProblem } from "./problems";
import type { Stage } from "./stage";

/** Opens the engine, shows what went wrong in plain words, and tries again from where it stopped. */
export interface Loader {
  /** True when the video can be played now. */
  load(startSeconds: number | null): Promise<boolean>;
  /** Loads the manifest anew at the same position, in the same state. */
  reload(): Promise<boolean>;
  retry(): Promise<void>;
}

export function makeLoader(stage: Stage, source: Source): Loader {
  const { root, video, signal } = stage;
  const panel = need(root, "[data-problem]");
  const words = need(panel, "[data-problem-text]");
  const detail = need(panel, "[data-problem-detail]");
  let started: number | null = null;

  function show(problem: PlaybackProblem): void {
    words.textContent = problem.message;
    detail.textContent = problem.detail;
    panel.hidden = false;
    root.setAttribute("data-broken", "");
    root.removeAttribute("data-loading");
  }

  function clear(): void {
    panel.hidden = true;
    root.removeAttribute("data-broken");
  }

  function attempt(work: () => Promise<void>): Promise<boolean> {
    const running = settle(work);
    stage.settled = running;
    return running;
  }

  async function settle(work: () => Promise<void>): Promise<boolean> {
    clear();
    root.setAttribute("data-loading", "");
    try {
      await work();
      return !signal.aborted;
    } catch (error) {
      show(error instanceof PlaybackProblem ? error : new PlaybackProblem("unknown", String(error)));
      return false;
    } finally {
      root.removeAttribute("data-loading");
      stage.changed();
    }
  }

  function load(startSeconds: number | null): Promise<boolean> {
    started = startSeconds;
    return attempt(async () => {
      const hooks = { onChange: () => stage.changed(), onProblem: show };
      stage.engine = await openEngine(video, source, { startSeconds, hooks });
    });
  }

  async function reload(): Promise<boolean> {
    const { engine } = stage;
    if (engine === null) return load(started);
    const position = video.currentTime;
    const rate = video.playbackRate;
    const playing = !video.paused;
    const loaded = await attempt(() => engine.load(source, position));
    if (!loaded) return false;
    stage.joined = [];
    video.playbackRate = rate;
    if (playing) await video.play().catch(() => undefined);
    return true;
  }

  async function retry(): Promise<void> {
    if (stage.engine?.retry()) clear();
    else if (await reload()) await video.play().catch(() => undefined);
    root.focus({ preventScroll: true });
  }

  addEventListener("online", () => root.hasAttribute("data-broken") && void retry(), { signal });
  return { load, reload, retry };
}
