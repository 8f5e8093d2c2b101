import { expect, test } from "vitest";
import { asManyAs, merged, nextRow, toggledIn } from "./rows";

test("J and K stay within the rows", () => {
  expect([nextRow(-1, 1, 3), nextRow(-1, -1, 3), nextRow(2, 1, 3), nextRow(0, -1, 3), nextRow(1, -1, 3)]).toEqual([0, 2, 2, 0, 0]);
  expect(nextRow(-1, 1, 0)).toBe(-1);
});

test("a name comes and goes", () => {
  expect(toggledIn(toggledIn([], "a"), "b")).toEqual(["a", "b"]);
  expect(toggledIn(["a", "b"], "a")).toEqual(["b"]);
});

test("rows that are shown keep their object, with what differs put into it", () => {
  const [same, other] = [
    { id: 1, title: "A" },
    { id: 2, title: "B" },
  ];
  const loaded = [
    { id: 2, title: "C" },
    { id: 1, title: "A" },
    { id: 3, title: "D" },
  ];
  const rows = merged([same, other], loaded);
  expect(rows).toEqual(loaded);
  expect(rows[1]).toBe(same);
  expect(rows[0]).toBe(other);
  expect(merged(null, loaded)).toEqual(loaded);
});

test("a row that somebody is typing in stays as it is", () => {
  expect(merged([{ id: 1, title: "A" }], [{ id: 1, title: "B" }], 1)).toEqual([{ id: 1, title: "A" }]);
});

test("what is looked at again is as long as before", async () => {
  const pages: Record<number, [string[], number | null]> = { 0: [["a", "b"], 1], 1: [["c", "d"], 2], 2: [["e"], null] };
  const ask = (cursor: number | null): Promise<[string[], number | null]> => Promise.resolve(pages[cursor ?? 0] ?? [[], null]);
  expect(await asManyAs(0, ask)).toEqual([["a", "b"], 1]);
  expect(await asManyAs(3, ask)).toEqual([["a", "b", "c", "d"], 2]);
  expect(await asManyAs(99, ask)).toEqual([["a", "b", "c", "d", "e"], null]);
});
