import { expect, test } from "vitest";
import { emptyLibrary, exported, idsOf, imported, isDone, merged, parseLibrary, watched } from "./library-store";

test("what is not understood is left out", () => {
  const text = JSON.stringify({ history: { 1: [5, 40], 2: "x", "-3": [1, 1], 4: [1, 400] }, later: { 7: 3, 8: null } });
  expect(parseLibrary(text)).toEqual({ history: { 1: [5, 40], 4: [1, 100] }, later: { 7: 3 } });
  for (const nothing of [null, "", "[]", "{", '"x"', '{"history": []}']) expect(parseLibrary(nothing)).toEqual(emptyLibrary());
});

test("going back forgets nothing, and the last one watched comes first", () => {
  let library = watched(emptyLibrary(), "1", 97, 10);
  library = watched(library, "2", 20, 20);
  library = watched(library, "1", 3, 30);
  expect(library.history["1"]).toEqual([30, 97]);
  expect([isDone(library, "1"), isDone(library, "2"), isDone(library, "3")]).toEqual([true, false, false]);
  expect(idsOf(library, "history")).toEqual(["1", "2"]);
});

test("only so many are kept, the newest", () => {
  let library = emptyLibrary();
  library.history = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [String(at + 1), [at, 1]]));
  library = watched(library, "5000", 1, 10_000);
  expect(Object.keys(library.history)).toHaveLength(1000);
  expect(library.history["1"]).toBeUndefined();
});

test("what is taken along comes back, and joins what is there", () => {
  const other = { history: { "1": [50, 10], "2": [5, 80] }, later: { "9": 1 } } satisfies ReturnType<typeof emptyLibrary>;
  const file = exported(other, new Date(0));
  expect(imported(file)).toEqual(other);
  expect(merged({ history: { "1": [40, 90] }, later: { "8": 2 } }, other)).toEqual({
    history: { "1": [50, 90], "2": [5, 80] }, later: { "8": 2, "9": 1 },
  });
  for (const strange of ["", "[]", "{}", '{"format":"else"}']) expect(imported(strange)).toBeNull();
});
