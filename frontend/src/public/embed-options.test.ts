import { expect, test } from "vitest";
import { embedOptions } from "./embed-options";

test("what the address asks for", () => {
  expect(embedOptions("")).toEqual({ startSeconds: null, autoplay: false, muted: false, loop: false });
  expect(embedOptions("?t=1m30s&autoplay=1&muted&loop=true")).toEqual({ startSeconds: 90, autoplay: true, muted: true, loop: true });
  expect(embedOptions("?t=x&autoplay=0&muted=no&loop=false")).toEqual({ startSeconds: null, autoplay: false, muted: false, loop: false });
});
