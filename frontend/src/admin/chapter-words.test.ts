import { expect, test } from "vitest";
import { disputeWords, isApart } from "./chapter-words";

const before = { id: 1, title: "Quay", description: "", start_time: 30, end_time: null, position: 0, edit_revision: 1 };

test("two who change different things of a chapter don't meet", () => {
  expect(isApart(before, { ...before, start_time: 31, edit_revision: 2 }, { title: "Harbour" })).toBe(true);
  expect(isApart(before, { ...before, title: "Port", edit_revision: 2 }, { title: "Harbour" })).toBe(false);
});

test("what is not saved is told", () => {
  expect(disputeWords(before, { title: "Harbour" })).toContain("Yours was: “Harbour”.");
  expect(disputeWords(before, { start_time: 65 })).toContain("Yours was: 1:05.");
  expect(disputeWords(before, { end_time: null })).toContain("Yours was: no end.");
});
