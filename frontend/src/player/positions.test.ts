import { expect, test } from "vitest";
import { parsePositions, remember, watchedPercent, worthResuming } from "./positions";

test("nothing is offered near either end", () => {
  expect(worthResuming([4, 600, 1])).toBeNull();
  expect(worthResuming([300, 600, 1])).toBe(300);
  expect(worthResuming([590, 600, 1])).toBeNull();
  expect(worthResuming(undefined)).toBeNull();
});

test("in a short video a few seconds already count", () => {
  expect(worthResuming([4, 30, 1])).toBe(4);
  expect(worthResuming([2, 30, 1])).toBeNull();
});

test("watching to the end forgets the position", () => {
  const kept = remember({}, "7", [300, 600, 1]);
  expect(Object.keys(kept)).toEqual(["7"]);
  expect(remember(kept, "7", [599, 600, 2])).toEqual({});
});

test("only the newest are kept", () => {
  let positions = {};
  for (let id = 0; id < 250; id += 1) positions = remember(positions, `v${id}`, [100, 600, id]);
  expect(Object.keys(positions)).toHaveLength(200);
  expect(positions).toHaveProperty("v249");
  expect(positions).not.toHaveProperty("v49");
});

test("what another program wrote there does no harm", () => {
  expect(parsePositions("not json")).toEqual({});
  expect(parsePositions("[1,2]")).toEqual({});
  expect(parsePositions('{"1":"x","2":[1,2],"3":[1,null,3],"4":[1,2,3]}')).toEqual({ 4: [1, 2, 3] });
});

test("a card shows how much was watched", () => {
  expect(watchedPercent([300, 600, 1])).toBe(50);
  expect(watchedPercent([599, 600, 1])).toBeNull();
});
