import { expect, test } from "vitest";
import { actFor, GROUPS, type KeyPlace } from "./shortcuts";

const press = (key: string, held: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {}) => ({
  key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held,
});
const page: KeyPlace = { inPlayer: false, onControl: false, onSlider: false };
const inside: KeyPlace = { ...page, inPlayer: true };

test.each([
  [" ", "toggle"],
  ["k", "toggle"],
  ["K", "toggle"],
  ["j", "back10"],
  ["l", "forward10"],
  ["ArrowLeft", "back5"],
  ["m", "mute"],
  ["7", "tenth7"],
  ["<", "slower"],
  [".", "nextFrame"],
  ["?", "help"],
  ["Escape", "escape"],
  ["q", null],
])("%s means %s", (key, act) => expect(actFor(press(key), page)).toBe(act));

test("keys that scroll belong to the page until the player has the focus", () => {
  for (const key of ["ArrowUp", "ArrowDown", "Home", "End"]) {
    expect(actFor(press(key), page)).toBeNull();
    expect(actFor(press(key), inside)).not.toBeNull();
  }
});

test("Shift makes other letters", () => {
  expect(actFor(press("P", { shiftKey: true }), page)).toBe("previousVideo");
  expect(actFor(press("N", { shiftKey: true }), page)).toBe("nextVideo");
  expect(actFor(press("p"), page)).toBe("pip");
  expect(actFor(press("n"), page)).toBeNull();
  expect(actFor(press("?", { shiftKey: true }), page)).toBe("help");
});

test("Space on a button presses that button", () => {
  expect(actFor(press(" "), { ...inside, onControl: true })).toBeNull();
  expect(actFor(press("k"), { ...inside, onControl: true })).toBe("toggle");
});

test("a slider keeps its own keys", () => {
  expect(actFor(press("ArrowLeft"), { ...inside, onSlider: true })).toBeNull();
  expect(actFor(press(" "), { ...inside, onSlider: true })).toBe("toggle");
});

test("browser shortcuts are left alone", () => {
  expect(actFor(press("f", { ctrlKey: true }), inside)).toBeNull();
  expect(actFor(press("l", { metaKey: true }), inside)).toBeNull();
  expect(actFor(press("ArrowLeft", { altKey: true }), inside)).toBeNull();
});

test("no key has two meanings", () => {
  const keys = GROUPS.flatMap(({ shortcuts }) => shortcuts.flatMap(({ keys: all, shift }) => all.map((key) => (shift ? `Shift+${key}` : key))));
  expect(new Set(keys).size).toBe(keys.length);
});
