import { expect, test } from "vitest";
import { t, tn } from "./words";

test("values take their places", () => {
  expect(t("%(name)s of %(site)s", { name: "A", site: "B" })).toBe("A of B");
  expect(tn("%(count)s video", "%(count)s videos", 1)).toBe("1 video");
  expect(tn("%(count)s video", "%(count)s videos", 0)).toBe("0 videos");
});
