import { expect, test } from "vitest";
import { addressOf, filtersOf, isFiltered, requestOf } from "./filters";

const filters = { search: "boat & shed", status: "failed", deleted: true };

test("the address round-trips", () => {
  expect(filtersOf(new URL(addressOf(filters, "/"), "http://x").search)).toEqual(filters);
  expect(addressOf({ search: " ", status: "", deleted: false }, "/")).toBe("/");
});

test("what the address invents is ignored", () => {
  expect(filtersOf("?status=exploded&deleted=1")).toEqual({ search: "", status: "", deleted: false });
});

test("the request asks for a page", () => {
  expect(requestOf(filters, "abc", 20)).toBe("/api/videos?search=boat+%26+shed&status=failed&deleted=true&limit=20&cursor=abc");
});

test("the trash alone is no filter", () => {
  expect(isFiltered({ search: "", status: "", deleted: true })).toBe(false);
  expect(isFiltered({ search: "x", status: "", deleted: false })).toBe(true);
});
