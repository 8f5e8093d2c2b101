import { expect, test } from "vitest";
import { loginPage, safeNext, watchPage } from "./pages";

const origin = "http://127.0.0.1:9001";

test.each([
  ["/video/7?x=1#log", "/video/7?x=1#log"],
  [null, "/"],
  ["//evil.example/x", "/"],
  ["/\\evil.example", "/"],
  ["/.//evil.example/x", "/"],
  ["/a/..//evil.example", "/"],
  ["/%2e%2e/\\evil.example", "/"],
  ["https://evil.example", "/"],
  ["javascript:alert(1)", "/"],
])("next=%s leads to %s", (next, path) => expect(safeNext(next, origin)).toBe(path));

test("the public page of a video", () => {
  const here = { protocol: "http:", hostname: "nas.local" };
  expect(watchPage("a-walk", { url: "https://videos.example", port: "9000" }, here)).toBe("https://videos.example/watch/a-walk");
  expect(watchPage("a-walk", { url: "", port: "9000" }, here)).toBe("http://nas.local:9000/watch/a-walk");
});

test("the login page remembers where one came from", () => {
  expect(loginPage("/video/7?tab=a")).toBe("/login?next=%2Fvideo%2F7%3Ftab%3Da");
  expect(loginPage("/")).toBe("/login");
  expect(loginPage("/login?next=x")).toBe("/login");
});
