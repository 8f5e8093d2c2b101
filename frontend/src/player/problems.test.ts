import { expect, test } from "vitest";
import { isInterruption, kindOfMediaError, kindOfShakaError, mayPass, PlaybackProblem, retryDelaySeconds } from "./problems";

test.each([
  [{ code: 1001, category: 1, data: ["/seg", 404] }, "gone"],
  [{ code: 1001, category: 1, data: ["/seg", 403] }, "gone"],
  [{ code: 1001, category: 1, data: ["/seg", 503] }, "server"],
  [{ code: 1001, category: 1, data: ["/seg", 429] }, "server"],
  [{ code: 1001, category: 1, data: ["/seg", 400] }, "unknown"],
  [{ code: 1002, category: 1 }, "connection"],
  [{ code: 1003, category: 1 }, "connection"],
  [{ code: 3016, category: 3 }, "broken"],
  [{ code: 4032, category: 4 }, "unsupported"],
  [{ code: 9999, category: 9 }, "unknown"],
] as const)("shaka error %j is %s", (error, kind) => expect(kindOfShakaError(error)).toBe(kind));

test("a replaced load is no problem", () => {
  expect(isInterruption({ code: 7000, category: 7 })).toBe(true);
  expect(isInterruption({ code: 1002, category: 1 })).toBe(false);
});

test("only what may pass is retried quietly", () => {
  expect(["connection", "server", "gone", "broken"].map((kind) => mayPass(kind as never))).toEqual([true, true, false, false]);
});

test("retries back off and stay bounded", () => {
  expect([0, 1, 2, 3, 4, 20].map(retryDelaySeconds)).toEqual([1, 2, 4, 8, 10, 10]);
});

test("the message is a sentence, the code stays in the detail", () => {
  const problem = new PlaybackProblem(kindOfMediaError(2), "media error 2");
  expect(problem.message).toMatch(/^The connection was lost\./);
  expect(problem.message).not.toContain("2");
});
