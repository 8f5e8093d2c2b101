import type { Operations } from "./api-types";

type Query = NonNullable<Operations["GET /api/videos"]["query"]>;

/** What the list shows, as the address says it: every view can be linked to and reloaded. The names are the API's. */
export interface Filters {
  search: string;
  status: string;
  publication: string;
  visibility: string;
  category: string;
  tag: string;
  duration: string;
  featured: boolean;
  has_chapters: boolean;
  sort: Sort;
  order: Order;
}
export type Sort = "" | "date" | "title" | "duration" | "views" | "relevance";
export type Order = "" | "asc" | "desc";

const CHOICES: Record<string, readonly string[]> = {
  status: ["pending", "processing", "ready", "failed"],
  publication: ["published", "scheduled", "draft"],
  visibility: ["public", "unlisted", "private"],
  duration: ["short", "medium", "long"],
  sort: ["date", "title", "duration", "views", "relevance"],
  order: ["asc", "desc"],
};
const TEXTS = ["search", "status", "publication", "visibility", "category", "tag", "duration", "sort", "order"] as const;
const MARKS = ["featured", "has_chapters"] as const;
export const PAGE_SIZE = 50;

export function noFilters(): Filters {
  const nothing = { search: "", status: "", publication: "", visibility: "", category: "", tag: "", duration: "" };
  return { ...nothing, featured: false, has_chapters: false, sort: "", order: "" };
}

/** The filters of an address; what it invents is ignored. */
export function filtersOf(address: string): Filters {
  const given = new URLSearchParams(address);
  const said = (name: string): string => {
    const value = given.get(name) ?? "";
    return CHOICES[name] === undefined || CHOICES[name].includes(value) ? value : "";
  };
  return {
    ...(Object.fromEntries(TEXTS.map((name) => [name, said(name)])) as unknown as Filters),
    featured: given.get("featured") === "true",
    has_chapters: given.get("has_chapters") === "true",
  };
}

/** What the API is asked for these filters: only what is set. */
export function queryOf(filters: Filters): Query {
  const texts = TEXTS.flatMap((name) => (filters[name].trim() === "" ? [] : [[name, filters[name].trim()]]));
  const marks = MARKS.flatMap((name) => (filters[name] ? [[name, true]] : []));
  return Object.fromEntries([...texts, ...marks]) as Query;
}

/** The page's own address for these filters. */
export function addressOf(filters: Filters, path: string): string {
  const query = new URLSearchParams(Object.entries(queryOf(filters)).map(([name, value]) => [name, String(value)])).toString();
  return query === "" ? path : `${path}?${query}`;
}

/** How many conditions there are beside what was typed. */
export function filterCount(filters: Filters): number {
  const { search: _, sort: __, order: ___, ...rest } = queryOf(filters);
  return Object.keys(rest).length;
}

export function isFiltered(filters: Filters): boolean {
  return filterCount(filters) > 0 || filters.search.trim() !== "";
}

/** What pressing a column's head asks for: this order, then the other way round. */
export function sortedBy({ sort, order }: Pick<Filters, "sort" | "order">, column: Exclude<Sort, "">): Pick<Filters, "sort" | "order"> {
  const first: Order = column === "title" ? "asc" : "desc";
  const isSame = (sort === "" ? "date" : sort) === column;
  const present = order === "" ? (sort === "title" ? "asc" : "desc") : order;
  if (!isSame) return { sort: column, order: first };
  return { sort: column, order: present === "desc" ? "asc" : "desc" };
}

/** How a column's head tells its order to everybody. */
export function sortState({ sort, order, search }: Filters, column: string): "ascending" | "descending" | "none" {
  const by = sort === "" ? (search.trim() === "" ? "date" : "relevance") : sort;
  if (by !== column) return "none";
  return (order === "" ? (by === "title" ? "asc" : "desc") : order) === "asc" ? "ascending" : "descending";
}
