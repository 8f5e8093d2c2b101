import { isTyping } from "../shared/dom";
import { readStored, writeStored } from "../shared/storage";
import type { Actions } from "./actions";
import type { Screen } from "./screen";
import { actFor } from "./shortcuts";
import type { Stage } from "./stage";

const EVERYWHERE_KEY = "vlog:shortcuts";

/** Whether single keys work with the focus anywhere on the page (WCAG 2.1.4: it can be switched off). */
export function shortcutsEverywhere(): boolean {
  return readStored(EVERYWHERE_KEY) !== "focus";
}

export function setShortcutsEverywhere(on: boolean): void {
  writeStored(EVERYWHERE_KEY, on ? null : "focus");
}

/** `page`: the player is what the page is about. `focus`: keys count only inside the player. */
export type Reach = "page" | "focus";

export function wireKeyboard(stage: Stage, actions: Actions, screen: Screen, reach: Reach): void {
  const { root, signal } = stage;

  function onKey(event: KeyboardEvent): void {
    const target = event.target;
    if (event.defaultPrevented || isTyping(target) || document.querySelector("dialog[open]") !== null) return;
    const inside = target instanceof Node && root.contains(target);
    const inPlayer = inside || screen.fills;
    if (!inPlayer && (reach === "focus" || !shortcutsEverywhere())) return;
    const act = actFor(event, {
      inPlayer,
      onControl: target instanceof Element && target.closest("button, a[href], summary, [role^=menuitem]") !== null,
      onSlider: target instanceof HTMLInputElement && target.type === "range" && !target.hasAttribute("data-seek-input"),
    });
    if (act === null || (event.repeat && act === "toggle")) return;
    event.preventDefault();
    actions.run(act);
  }

  document.addEventListener("keydown", onKey, { signal });
}
