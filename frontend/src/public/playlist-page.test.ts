import { expect, test } from "vitest";
import { coursePercent, nextOf } from "./playlist-page";

const among = (...ids: string[]) => (id: string): boolean => ids.includes(id);

test("one goes on with the first that is not done, and begins at the beginning", () => {
  expect(nextOf(["1", "2", "3"], among("1"), among())).toBe("2");
  expect(nextOf(["1", "2", "3"], among("1", "3"), among("2"))).toBe("2");
  expect(nextOf(["1", "2"], among(), among("2"))).toBe("1");
  expect(nextOf(["1", "2"], among(), among())).toBeNull();
  expect(nextOf(["1", "2"], among("1", "2"), among())).toBeNull();
});

test("a course is at 100 % when all of it is done", () => {
  expect([coursePercent(0, 9), coursePercent(2, 3), coursePercent(299, 300), coursePercent(3, 3), coursePercent(0, 0)]).toEqual([0, 66, 99, 100, 0]);
});
