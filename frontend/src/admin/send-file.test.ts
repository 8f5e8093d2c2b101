import { expect, test } from "vitest";
import { formOf } from "./send-file";

const file = new File(["x"], "a.mp4");

test("the file comes last, so that the server knows the title when the bytes arrive", () => {
  const form = formOf({ file, title: "A", description: "", categoryId: 3, publish: true });
  expect([...form.keys()]).toEqual(["title", "description", "category_id", "published", "file"]);
  expect(form.get("published")).toBe("true");
});

test("no category sends no category", () => {
  const form = formOf({ file, title: "A", description: "", categoryId: null, publish: false });
  expect(form.has("category_id")).toBe(false);
  expect(form.get("published")).toBe("false");
});
