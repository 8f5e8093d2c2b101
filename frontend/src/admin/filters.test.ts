import { expect, test } from "vitest";
import { addressOf, filtersOf, isFiltered, queryOf } from "./filters";

const filters = { search: "boat & shed", status: "failed", deleted: true };

test("the address round-trips", () => {
  expect(filtersOf(new URL(addressOf(filters, "/"), "http://x").search)).toEqual(filters);
  expect(addressOf({ search: " ", status: "", deleted: false }, "/")).toBe("/");
});

test("what the address invents is ignored", () => {
  expect(filtersOf("?status=exploded&deleted=1")).toEqual({ search: "", status: "", deleted: false });
});

test("the request says what is asked for", () => {
  expect(queryOf(filters)).toEqual({ search: "boat & shed", status: "failed", deleted: true });
  expect(queryOf({ search: " ", status: "", deleted: false })).toEqual({ search: null, status: null, deleted: null });
});

test("the trash alone is no filter", () => {
  expect(isFiltered({ search: "", status: "", deleted: true })).toBe(false);
  expect(isFiltered({ search: "x", status: "", deleted: false })).toBe(true);
});
