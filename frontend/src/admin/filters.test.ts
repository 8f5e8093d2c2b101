import { expect, test } from "vitest";
import { addressOf, filterCount, filtersOf, isFiltered, noFilters, queryOf, sortedBy, sortState } from "./filters";

const filters = { ...noFilters(), search: "boat & shed", status: "failed", tag: "calm", featured: true, sort: "title" as const };

test("the address round-trips", () => {
  expect(filtersOf(new URL(addressOf(filters, "/videos"), "http://x").search)).toEqual(filters);
  expect(addressOf({ ...noFilters(), search: " " }, "/videos")).toBe("/videos");
});

test("what the address invents is ignored", () => {
  expect(filtersOf("?status=exploded&featured=1&sort=luck&colour=red")).toEqual(noFilters());
});

test("only what is set is asked for", () => {
  expect(queryOf(filters)).toEqual({ search: "boat & shed", status: "failed", tag: "calm", featured: true, sort: "title" });
});

test("an order is no filter", () => {
  expect([filterCount(filters), isFiltered({ ...noFilters(), sort: "views" })]).toEqual([3, false]);
});

test("a column's head sorts, then turns round", () => {
  expect(sortedBy(noFilters(), "date")).toEqual({ sort: "date", order: "asc" });
  expect(sortedBy(noFilters(), "title")).toEqual({ sort: "title", order: "asc" });
  expect(sortedBy({ sort: "title", order: "asc" }, "title")).toEqual({ sort: "title", order: "desc" });
  expect(sortedBy({ sort: "views", order: "" }, "views")).toEqual({ sort: "views", order: "asc" });
});

test("one column tells the order", () => {
  expect(sortState(noFilters(), "date")).toBe("descending");
  expect(sortState({ ...noFilters(), search: "x" }, "date")).toBe("none");
  expect(sortState(filters, "title")).toBe("ascending");
});
