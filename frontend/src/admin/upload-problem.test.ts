import { expect, test } from "vitest";
import { judge, waitBefore, wordsOfProblem } from "./upload-problem";

const problem = (status: number, code = "") => ({ status, code, words: "", retryAfterSeconds: null });

test("what time may mend is tried again, the rest is for people", () => {
  expect([0, 500, 502, 503, 504, 404, 408, 409, 410, 423, 429, 460].map((status) => judge(problem(status)))).toEqual(Array(12).fill("retry"));
  expect([400, 401, 403, 413, 415, 422, 507].map((status) => judge(problem(status)))).toEqual(Array(7).fill("failed"));
  expect(judge(problem(403, "csrf"))).toBe("retry");
  expect(judge(problem(409, "upload_taken"))).toBe("taken");
});

test("waiting doubles up to half a minute, spread by chance, unless the server says how long", () => {
  expect([0, 1, 4, 5, 50].map((attempt) => waitBefore(attempt, 0.5))).toEqual([1000, 2000, 16_000, 30_000, 30_000]);
  expect([waitBefore(1, 0), waitBefore(1, 1)]).toEqual([1500, 2500]);
  expect(waitBefore(0, 0.5, 20)).toBe(20_000);
  expect(waitBefore(0, 0.5, 86_400)).toBe(120_000);
});

test("a full disk is told with its figures", () => {
  const body = { detail: "The storage is full.", details: { free_bytes: 1_500_000_000, needed_bytes: 4_000_000_000 } };
  expect(wordsOfProblem(507, body)).toBe("The storage is full. It needs 4.0 GB; 1.5 GB are free.");
  expect(wordsOfProblem(413, { detail: "The file is larger than 100 MiB." })).toBe("The file is larger than 100 MiB.");
  expect(wordsOfProblem(413, null)).toContain("proxy");
  expect(wordsOfProblem(502, null)).toBe("The server is not answering.");
  expect(wordsOfProblem(401, {})).toContain("Sign in again");
});
