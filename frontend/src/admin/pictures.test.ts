import { expect, test } from "vitest";
import { srcset } from "./pictures";

test("each format has its own sizes", () => {
  const found = [
    { width: 320, format: "webp", url: "/a.webp" },
    { width: 320, format: "jpeg", url: "/a.jpg" },
    { width: 640, format: "webp", url: "/b.webp" },
  ];
  expect(srcset(found, "webp")).toBe("/a.webp 320w, /b.webp 640w");
  expect(srcset(found, "avif")).toBe("");
});
