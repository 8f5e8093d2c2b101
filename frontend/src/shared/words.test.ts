import { expect, test } from "vitest";
import { locale, t, tn } from "./words";

test("values take their places", () => {
  expect(t("%(name)s of %(site)s", { name: "A", site: "B" })).toBe("A of B");
  expect(tn("%(count)s video", "%(count)s videos", 1)).toBe("1 video");
  expect(tn("%(count)s video", "%(count)s videos", 0)).toBe("0 videos");
});

test("a catalogue speaks, and leaves what it lacks in English", () => {
  globalThis.vlogWords = {
    language: "de",
    plural: (n) => Number(n !== 1),
    forms: { "Hello %(name)s": ["Hallo %(name)s"], "%(count)s video": ["%(count)s Film", "%(count)s Filme"] },
  };
  try {
    expect(t("Hello %(name)s", { name: "Ada" })).toBe("Hallo Ada");
    expect(tn("%(count)s video", "%(count)s videos", 1)).toBe("1 Film");
    expect(tn("%(count)s video", "%(count)s videos", 3)).toBe("3 Filme");
    expect(t("Play")).toBe("Play");
    expect(locale()).toBe("de");
  } finally {
    globalThis.vlogWords = undefined;
  }
  expect(locale()).toBe("en-GB");
});
