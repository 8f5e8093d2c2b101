import { expect, test, vi } from "vitest";
import { combobox } from "./combobox";

vi.stubGlobal("window", globalThis);

function picker() {
  const names = ["Sea", "Seaside", "Season"];
  const made: string[] = [];
  const box = combobox<string>({
    find: (text) => Promise.resolve(names.filter((name) => name.toLowerCase().startsWith(text.toLowerCase()))),
    label: (name) => name,
    canCreate: (text, found) => !found.some((name) => name.toLowerCase() === text.toLowerCase()),
  });
  box.onChoice = (name) => void made.push(name);
  box.onCreate = (name) => void made.push(`new ${name}`);
  return { box, made };
}

function press(key: string): KeyboardEvent {
  return { key, preventDefault: () => undefined, stopPropagation: () => undefined } as KeyboardEvent;
}

test("what was typed is offered to be made unless it exists", async () => {
  const { box } = picker();
  box.text = "seas";
  await box.ask();
  expect(box.options.map(({ text }) => text)).toEqual(["Seaside", "Season", "Create “seas”"]);
  box.text = "sea";
  await box.ask();
  expect(box.options.at(-1)?.isNew).toBe(false);
});

test("arrow keys walk around and Enter chooses", async () => {
  const { box, made } = picker();
  box.text = "sea";
  await box.ask();
  box.key(press("ArrowUp"));
  expect(box.active).toBe(2);
  box.key(press("ArrowDown"));
  expect(box.active).toBe(0);
  box.key(press("Enter"));
  expect(made).toEqual(["Sea"]);
  expect([box.text, box.shown]).toEqual(["", false]);
});

test("Enter without a choice takes the first, Escape none", async () => {
  const { box, made } = picker();
  box.text = "Lake";
  await box.ask();
  box.key(press("Escape"));
  expect(box.shown).toBe(false);
  await box.ask();
  box.key(press("Enter"));
  expect(made).toEqual(["new Lake"]);
});

test("an answer that comes late does not open what was closed", async () => {
  const { box } = picker();
  box.text = "sea";
  const late = box.ask();
  box.reset();
  await late;
  expect(box.shown).toBe(false);
});

test("Enter right after a key takes what fits the whole text, not what fitted its beginning", async () => {
  const { box, made } = picker();
  box.text = "sea";
  await box.ask();
  box.text = "season";
  box.typed();
  box.key(press("Enter"));
  await vi.waitFor(() => expect(made).toEqual(["Season"]));
});

test("an answer does not open the list after the field was left", async () => {
  const { box } = picker();
  box.text = "sea";
  const late = box.ask();
  box.leave();
  await late;
  expect(box.shown).toBe(false);
});

test("Enter that ends a composition chooses nothing", async () => {
  const { box, made } = picker();
  box.text = "sea";
  await box.ask();
  box.key({ ...press("Enter"), isComposing: true } as KeyboardEvent);
  expect(made).toEqual([]);
});
