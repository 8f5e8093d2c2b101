import { expect, test } from "vitest";
import { changes, draftOf, rebase } from "./draft";

const saved = draftOf({ title: "Boat", description: "", category_id: 3 });

test("only differences are sent", () => {
  expect(changes(saved, saved)).toBeNull();
  expect(changes({ ...saved, title: " Boat " }, saved)).toBeNull();
  expect(changes({ ...saved, title: "Shed" }, saved)).toEqual({ title: "Shed" });
  expect(changes({ ...saved, category: "" }, saved)).toEqual({ category_id: null });
  expect(changes({ ...saved, category: "12" }, saved)).toEqual({ category_id: 12 });
});

test("what somebody is typing survives an update from the server", () => {
  const typed = { ...saved, title: "Boat sh" };
  const newer = draftOf({ title: "Boot", description: "From the quay", category_id: 3 });
  expect(rebase(typed, saved, newer)).toEqual({ title: "Boat sh", description: "From the quay", category: "3" });
});
