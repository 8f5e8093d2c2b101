import { expect, test } from "vitest";
import { columnsOf } from "./columns";

test("columns: the first choice, none at all, and what no longer exists", () => {
  expect(columnsOf(null)).toEqual(["category", "duration", "views", "date"]);
  expect(columnsOf("")).toEqual([]);
  expect(columnsOf("views,feelings,tags")).toEqual(["tags", "views"]);
});
