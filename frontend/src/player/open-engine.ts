import type { Engine, EngineHooks, Source } from "./engine";
import { NativeEngine } from "./native-engine";
import { PlaybackProblem } from "./problems";

/** Opens a source with the best engine this browser has: DASH through Media Source, else the browser's own HLS. */
export async function openEngine(
  video: HTMLVideoElement,
  source: Source,
  { startSeconds, hooks }: { startSeconds: number | null; hooks: EngineHooks },
): Promise<Engine> {
  let problem = new PlaybackProblem("unsupported", "no engine");
  for (const make of [shakaFor, nativeFor]) {
    const engine = await make(video, source, hooks);
    if (engine === null) continue;
    try {
      await engine.load(source, startSeconds);
      return engine;
    } catch (error) {
      await engine.destroy();
      if (!(error instanceof PlaybackProblem)) throw error;
      problem = error;
      // Another engine would meet the same silence: only what this one could not understand is tried elsewhere.
      if (error.kind === "connection" || error.kind === "gone" || error.kind === "server") break;
    }
  }
  throw problem;
}

async function shakaFor(video: HTMLVideoElement, source: Source, hooks: EngineHooks): Promise<Engine | null> {
  if (source.dashUrl === null) return null;
  const { ShakaEngine } = await import("./shaka-engine").catch(() => {
    throw new PlaybackProblem("connection", "the player could not be loaded");
  });
  return ShakaEngine.supported() ? new ShakaEngine(video, hooks) : null;
}

async function nativeFor(video: HTMLVideoElement, source: Source, hooks: EngineHooks): Promise<Engine | null> {
  return source.hlsUrl !== null && NativeEngine.supported(video) ? new NativeEngine(video, hooks) : null;
}
