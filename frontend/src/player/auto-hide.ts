import type { Menu } from "../shared/menu";
import { controlsShown, HIDE_AFTER_MS } from "./presence";
import type { Stage } from "./stage";

/** Shows the controls on any movement and lets them leave when nobody needs them (presence.ts decides). */
export function wireAutoHide({ root, video, controls, signal }: Stage, menus: readonly Menu[]): void {
  let lastMoved = performance.now();
  let timer = 0;

  function settle(): void {
    const shown = controlsShown({
      playing: !video.paused && !video.ended,
      menuOpen: menus.some((menu) => menu.isOpen),
      busy: root.hasAttribute("data-dragging") || controls.querySelector(":focus-visible") !== null,
      quietMs: performance.now() - lastMoved,
    });
    root.toggleAttribute("data-active", shown);
    clearTimeout(timer);
    if (shown) timer = window.setTimeout(settle, HIDE_AFTER_MS);
  }

  function moved(): void {
    lastMoved = performance.now();
    settle();
  }

  for (const event of ["pointermove", "pointerdown", "keydown", "focusin"]) root.addEventListener(event, moved, { signal });
  for (const event of ["play", "pause", "ended", "seeking"]) video.addEventListener(event, moved, { signal });
  root.addEventListener(
    "pointerleave",
    (event) => {
      if (event.pointerType !== "mouse") return;
      lastMoved = -HIDE_AFTER_MS;
      settle();
    },
    { signal },
  );
  signal.addEventListener("abort", () => clearTimeout(timer));
  settle();
}
