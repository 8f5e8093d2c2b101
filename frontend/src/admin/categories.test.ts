import { expect, test } from "vitest";
import { byName } from "./categories";

test("categories come in the order of their names, whatever the case", () => {
  const names = byName([{ id: 1, name: "talks" }, { id: 2, name: "Films" }, { id: 3, name: "Événements" }]).map(({ name }) => name);
  expect(names).toEqual(["Événements", "Films", "talks"]);
});
