const PAGE_SIZE = 100;

/** Where tags are asked for: those whose names begin like `search`, after the tag `after`. */
export function pagePath(search: string, after: number | null, limit = PAGE_SIZE): string {
  const query = new URLSearchParams({ limit: String(limit) });
  if (search.trim() !== "") query.set("search", search.trim());
  if (after !== null) query.set("after", String(after));
  return `/api/tags?${query}`;
}
