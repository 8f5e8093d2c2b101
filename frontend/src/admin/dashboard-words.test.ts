import { expect, test } from "vitest";
import type { Forecast, StorageState } from "./api-types";
import { attention } from "./dashboard-words";

const fine = { state: "ok", reason: null };
const storage = { database: fine, storage: fine, free_bytes: 50, total_bytes: 100, wrong_files_count: 0 } as unknown as StorageState;
const archive = { is_stopped: false, due_count: 0, due_size_bytes: 0, limit: 2 } as Forecast;

test("all is well, or nothing is known: nobody is disturbed", () => {
  expect(attention(storage, archive)).toEqual([]);
  expect(attention(null, null)).toEqual([]);
});

test("what is wrong is told with where to look", () => {
  const broken = { ...storage, free_bytes: 1, wrong_files_count: 2, storage: { state: "read_only", reason: "Mounted so." } } as unknown as StorageState;
  const told = attention(broken, { ...archive, is_stopped: true, due_count: 9 });
  expect(told.map(({ href }) => href)).toEqual(["/storage", "/storage", "/storage", "/archive"]);
  expect(told[0]?.text).toBe("The storage can only be read: Mounted so.");
});
