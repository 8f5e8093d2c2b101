import { expect, test } from "vitest";
import { formAddress } from "./form-address";

test("what is empty or goes without saying is not in the address", () => {
  expect(formAddress("/search", [["search", ""], ["sort", "newest"], ["within", ""]], { sort: "newest" })).toBe("/search");
  expect(formAddress("/search", [["search", "a b"], ["tag", "ice"], ["tag", "sea"]])).toBe("/search?search=a%20b&tag=ice,sea");
});

test("values of custom fields are kept apart", () => {
  expect(formAddress("/search", [["custom.by", "Ada, L."], ["custom.by", "Bo"]])).toBe("/search?custom.by=Ada,%20L.&custom.by=Bo");
});
