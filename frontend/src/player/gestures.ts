import type { Actions } from "./actions";
import type { Stage } from "./stage";

const DOUBLE_MS = 300;

/** What two quick taps at a place mean: the outer thirds seek, the middle plays or pauses. */
export function doubleTap(x: number, width: number): "back10" | "forward10" | "toggle" {
  if (x < width / 3) return "back10";
  return x > (width * 2) / 3 ? "forward10" : "toggle";
}

/** Mouse: press plays or pauses, double press fills the screen. Touch: tap shows controls, double tap seeks. */
export function wireGestures({ root, video, signal }: Stage, actions: Actions): void {
  let lastTap = 0;
  let touched = false;

  function onTouch(event: MouseEvent): void {
    const now = performance.now();
    const double = now - lastTap < DOUBLE_MS;
    lastTap = double ? 0 : now;
    if (double) actions.run(doubleTap(event.offsetX, video.clientWidth));
    else root.toggleAttribute("data-active", true);
  }

  video.addEventListener("pointerdown", (event) => (touched = event.pointerType === "touch"), { signal });
  video.addEventListener(
    "click",
    (event) => {
      if (touched) return onTouch(event);
      root.focus({ preventScroll: true });
      actions.run("toggle");
    },
    { signal },
  );
  video.addEventListener("dblclick", () => !touched && actions.run("fullscreen"), { signal });
}
