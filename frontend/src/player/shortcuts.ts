/** Every key the player knows, once: the handler and the help dialog both read this. */
export type Act =
  | "toggle" | "back10" | "forward10" | "back5" | "forward5" | "louder" | "quieter" | "mute" | "fullscreen" | "theatre"
  | "pip" | "slower" | "faster" | "previousFrame" | "nextFrame" | "start" | "end" | "help" | "escape" | `tenth${number}`;

interface Shortcut {
  keys: readonly string[];
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
  { shown: ["Space", "K"], does: "Play or pause", shortcuts: [{ keys: [" ", "k"], act: "toggle" }] },
  { shown: ["←", "→"], does: "5 seconds back or forward", shortcuts: [{ keys: ["ArrowLeft"], act: "back5" }, { keys: ["ArrowRight"], act: "forward5" }] },
  { shown: ["J", "L"], does: "10 seconds back or forward", shortcuts: [{ keys: ["j"], act: "back10" }, { keys: ["l"], act: "forward10" }] },
  { shown: ["0", "…", "9"], does: "Jump to a tenth of the video", shortcuts: tenths() },
  { shown: ["Home", "End"], does: "Jump to the start or the end", shortcuts: [{ keys: ["Home"], act: "start", scrolls: true }, { keys: ["End"], act: "end", scrolls: true }] },
  { shown: [",", "."], does: "One frame back or forward", shortcuts: [{ keys: [","], act: "previousFrame" }, { keys: ["."], act: "nextFrame" }] },
  { shown: ["<", ">"], does: "Slower or faster", shortcuts: [{ keys: ["<"], act: "slower" }, { keys: [">"], act: "faster" }] },
  { shown: ["↑", "↓"], does: "Louder or quieter", shortcuts: [{ keys: ["ArrowUp"], act: "louder", scrolls: true }, { keys: ["ArrowDown"], act: "quieter", scrolls: true }] },
  { shown: ["M"], does: "Sound off or on", shortcuts: [{ keys: ["m"], act: "mute" }] },
  { shown: ["F"], does: "Full screen", shortcuts: [{ keys: ["f"], act: "fullscreen" }] },
  { shown: ["T"], does: "Theatre", shortcuts: [{ keys: ["t"], act: "theatre" }] },
  { shown: ["P"], does: "Picture in picture", shortcuts: [{ keys: ["p"], act: "pip" }] },
  { shown: ["?"], does: "Show these shortcuts", shortcuts: [{ keys: ["?"], act: "help" }] },
  { shown: ["Esc"], does: "Close what is open, leave theatre", shortcuts: [{ keys: ["Escape"], act: "escape" }] },
];

function tenths(): Shortcut[] {
  return Array.from({ length: 10 }, (_, digit) => ({ keys: [String(digit)], act: `tenth${digit}` as Act }));
}

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
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
    const found = shortcuts.find((shortcut) => shortcut.keys.includes(key));
    if (found) return found.scrolls && !place.inPlayer ? null : found.act;
  }
  return null;
}
