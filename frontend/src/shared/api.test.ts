import { afterEach, expect, test, vi } from "vitest";
import { ApiError, problemOf, request } from "./api";

afterEach(() => vi.unstubAllGlobals());

function answer(status: number, body: string): void {
  vi.stubGlobal("fetch", async () => new Response(body, { status }));
}

test("a problem keeps only the strings it promises", () => {
  expect(problemOf({ detail: "Too large.", code: 7, request_id: "r1" })).toEqual({ detail: "Too large.", request_id: "r1" });
  expect(problemOf("<html>")).toEqual({});
});

test("an answer that is no problem+json is still an error with words", async () => {
  answer(502, "<html>Bad gateway</html>");
  await expect(request("/x")).rejects.toMatchObject({ status: 502, message: "The server answered 502." });
});

test("the server's own words win", async () => {
  answer(409, JSON.stringify({ title: "Conflict", detail: "This name is taken.", code: "taken" }));
  const error = await request("/x").catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ message: "This name is taken.", problem: { code: "taken" } });
});

test("no answer at all is status 0", async () => {
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("Failed to fetch")));
  await expect(request("/x")).rejects.toMatchObject({ status: 0, message: "The server cannot be reached." });
});
