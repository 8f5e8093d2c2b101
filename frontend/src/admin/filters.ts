import type { Operations } from "./api-types";

/** What the list shows, as the address says it: every view can be linked to and reloaded. */
export interface Filters {
  search: string;
  status: string;
  deleted: boolean;
}

const STATUSES = ["pending", "processing", "ready", "failed"];
export const PAGE_SIZE = 50;

export function filtersOf(query: string): Filters {
  const given = new URLSearchParams(query);
  const status = given.get("status") ?? "";
  return { search: given.get("search") ?? "", status: STATUSES.includes(status) ? status : "", deleted: given.get("deleted") === "true" };
}

function parameters({ search, status, deleted }: Filters): URLSearchParams {
  const query = new URLSearchParams();
  if (search.trim() !== "") query.set("search", search.trim());
  if (status !== "") query.set("status", status);
  if (deleted) query.set("deleted", "true");
  return query;
}

/** The page's own address for these filters. */
export function addressOf(filters: Filters, path: string): string {
  const query = parameters(filters).toString();
  return query === "" ? path : `${path}?${query}`;
}

/** What the API is asked for these filters. */
export function queryOf({ search, status, deleted }: Filters): NonNullable<Operations["GET /api/videos"]["query"]> {
  return { search: search.trim() || null, status: status || null, deleted: deleted || null };
}

export function isFiltered({ search, status }: Filters): boolean {
  return search.trim() !== "" || status !== "";
}
