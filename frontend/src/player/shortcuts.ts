import { t } from "../shared/words";

/** Every key the player knows, once: the handler and the help dialog both read this. */
export type Act =
  | "toggle" | "back10" | "forward10" | "back5" | "forward5" | "louder" | "quieter" | "mute" | "fullscreen" | "theatre"
  | "pip" | "slower" | "faster" | "previousFrame" | "nextFrame" | "start" | "end" | "help" | "escape" | "nextVideo" | "previousVideo" | `tenth${number}`;

interface Shortcut {
  keys: readonly string[];
  /** Letters count with Shift or without it, never with both. */
  shift?: true;
  act: Act;
  /** Keys that scroll the page are ours only while the player has the focus or fills the screen. */
  scrolls?: true;
}

interface ShortcutGroup {
  shown: readonly string[];
  does: string;
  shortcuts: readonly Shortcut[];
}

export const GROUPS: readonly ShortcutGroup[] = [
  { shown: [t("Space"), "K"], does: t("Play or pause"), shortcuts: [{ keys: [" ", "k"], act: "toggle" }] },
  { shown: ["←", "→"], does: t("5 seconds back or forward"), shortcuts: [{ keys: ["ArrowLeft"], act: "back5" }, { keys: ["ArrowRight"], act: "forward5" }] },
  { shown: ["J", "L"], does: t("10 seconds back or forward"), shortcuts: [{ keys: ["j"], act: "back10" }, { keys: ["l"], act: "forward10" }] },
  { shown: ["0", "…", "9"], does: t("Jump to a tenth of the video"), shortcuts: tenths() },
  { shown: ["Home", "End"], does: t("Jump to the start or the end"), shortcuts: [{ keys: ["Home"], act: "start", scrolls: true }, { keys: ["End"], act: "end", scrolls: true }] },
  { shown: [",", "."], does: t("One frame back or forward"), shortcuts: [{ keys: [","], act: "previousFrame" }, { keys: ["."], act: "nextFrame" }] },
  { shown: ["<", ">"], does: t("Slower or faster"), shortcuts: [{ keys: ["<"], act: "slower" }, { keys: [">"], act: "faster" }] },
  { shown: ["↑", "↓"], does: t("Louder or quieter"), shortcuts: [{ keys: ["ArrowUp"], act: "louder", scrolls: true }, { keys: ["ArrowDown"], act: "quieter", scrolls: true }] },
  { shown: ["M"], does: t("Sound off or on"), shortcuts: [{ keys: ["m"], act: "mute" }] },
  { shown: ["F"], does: t("Full screen"), shortcuts: [{ keys: ["f"], act: "fullscreen" }] },
  { shown: ["T"], does: t("Theatre"), shortcuts: [{ keys: ["t"], act: "theatre" }] },
  { shown: ["P"], does: t("Picture in picture"), shortcuts: [{ keys: ["p"], act: "pip" }] },
  { shown: [t("Shift"), "N"], does: t("Next video of the playlist"), shortcuts: [{ keys: ["n"], shift: true, act: "nextVideo" }] },
  { shown: [t("Shift"), "P"], does: t("Previous video of the playlist"), shortcuts: [{ keys: ["p"], shift: true, act: "previousVideo" }] },
  { shown: ["?"], does: t("Show these shortcuts"), shortcuts: [{ keys: ["?"], act: "help" }] },
  { shown: [t("Esc")], does: t("Close what is open, leave theatre"), shortcuts: [{ keys: ["Escape"], act: "escape" }] },
];

function tenths(): Shortcut[] {
  return Array.from({ length: 10 }, (_, digit) => ({ keys: [String(digit)], act: `tenth${digit}` as Act }));
}

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** Where the focus is when a key is pressed. */
export interface KeyPlace {
  /** In the player, or the player fills the screen. */
  inPlayer: boolean;
  /** On something that Space or Enter activates (button, link, summary). */
  onControl: boolean;
  /** On a slider, which moves by arrows, Home and End itself. */
  onSlider: boolean;
}

/** What a key means at a place; null leaves it to the browser. */
export function actFor(press: KeyPress, place: KeyPlace): Act | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  if (press.key === " " && place.onControl) return null;
  if (place.onSlider && (press.key.startsWith("Arrow") || press.key === "Home" || press.key === "End")) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  for (const { shortcuts } of GROUPS) {
    const found = shortcuts.find((shortcut) => shortcut.keys.includes(key) && (!/^[a-z]$/.test(key) || press.shiftKey === (shortcut.shift ?? false)));
    if (found) return found.scrolls && !place.inPlayer ? null : found.act;
  }
  return null;
}
