import type { PlaybackProblem } from "./problems";

/** Where a video can be had: a DASH manifest, an HLS playlist, or both. */
export interface Source {
  dashUrl: string | null;
  hlsUrl: string | null;
}

/** One picture size that can be asked for. `id` is the engine's own and lasts until the next load. */
export interface Quality {
  id: string;
  width: number;
  height: number;
  bandwidth: number;
  frameRate: number | null;
}

/** What an engine tells the player: something about its qualities changed, or playback cannot go on. */
export interface EngineHooks {
  onChange(): void;
  onProblem(problem: PlaybackProblem): void;
}

/** What turns a manifest into moving pictures. The player knows nothing else about streaming. */
export interface Engine {
  /** Loads a source from a start time (null: its beginning); throws PlaybackProblem. May be called again. */
  load(source: Source, startSeconds: number | null): Promise<void>;
  /** Largest picture first; empty when the browser chooses by itself. */
  qualities(): Quality[];
  active(): Quality | null;
  /** The id somebody chose, or null while the engine adapts to the connection. */
  chosen(): string | null;
  choose(id: string | null): void;
  /** Takes up loading again after a problem with the connection; false when a fresh `load` is needed. */
  retry(): boolean;
  destroy(): Promise<void>;
}
