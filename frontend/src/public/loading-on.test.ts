import { expect, test } from "vitest";
import { atTheEnd, placeIn } from "./loading-on";

test("a few pages come by themselves, then somebody has to ask", () => {
  expect([0, 1, 2, 3, 9].map((pages) => atTheEnd(pages, true))).toEqual(["load", "load", "load", "ask", "ask"]);
  expect(atTheEnd(0, false)).toBe("end");
});

test("a place is read back from the history of the page, and nothing else is", () => {
  expect(placeIn({ vlogPlace: { pages: 2, y: 900 } })).toEqual({ pages: 2, y: 900 });
  for (const other of [null, 1, {}, { vlogPlace: null }, { vlogPlace: { pages: 0, y: 1 } }, { vlogPlace: { pages: "2", y: 1 } }]) {
    expect(placeIn(other)).toBeNull();
  }
});
