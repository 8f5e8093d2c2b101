/** What decides whether the controls are shown. */
export interface Scene {
  playing: boolean;
  menuOpen: boolean;
  /** A control has the keyboard's focus, or a slider is being dragged. */
  busy: boolean;
  /** Milliseconds since the pointer or a key last moved over the player. */
  quietMs: number;
}

export const HIDE_AFTER_MS = 2800;

/** Controls leave only while something plays, nobody uses them and nobody has moved for a while. */
export function controlsShown({ playing, menuOpen, busy, quietMs }: Scene): boolean {
  return !playing || menuOpen || busy || quietMs < HIDE_AFTER_MS;
}
