import { expect, test } from "vitest";
import { loginPage, safeNext } from "./pages";

const origin = "http://127.0.0.1:9001";

test.each([
  ["/video/7?x=1#log", "/video/7?x=1#log"],
  [null, "/"],
  ["//evil.example/x", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  ["javascript:alert(1)", "/"],
])("next=%s leads to %s", (next, path) => expect(safeNext(next, origin)).toBe(path));

test("the login page remembers where one came from", () => {
  expect(loginPage("/video/7?tab=a")).toBe("/login?next=%2Fvideo%2F7%3Ftab%3Da");
  expect(loginPage("/")).toBe("/login");
  expect(loginPage("/login?next=x")).toBe("/login");
});
