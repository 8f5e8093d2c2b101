import { expect, test } from "vitest";
import { ApiError } from "../shared/api";
import { caughtUp, saveTogether } from "./open-draft";

const saved = { name: "Sea", slug: "sea", description: "" };
const labels = { name: "Name", slug: "Address" };
const meanwhile = (): Promise<never> => Promise.reject(new ApiError(409, { code: "edited_meanwhile" }));

test("what was typed stays while the rest follows", () => {
  const open = { draft: { ...saved, name: "Open sea" }, saved, revision: 1 };
  const newer = { ...saved, description: "Waves" };
  expect(caughtUp(open, newer, 2, labels)).toEqual({ draft: { ...newer, name: "Open sea" }, saved: newer, revision: 2, words: "" });
});

test("what both have changed is told with the other's words, and mine stays", () => {
  const open = { draft: { ...saved, name: "Open sea" }, saved, revision: 1 };
  const { draft, words } = caughtUp(open, { ...saved, name: "Ocean" }, 2, labels);
  expect(draft.name).toBe("Open sea");
  expect(words).toContain("Name: “Ocean”");
});

test("who was slower saves by itself where nothing is disputed, and otherwise has to look", async () => {
  let tries = 0;
  const put = (): Promise<unknown> => (++tries === 1 ? meanwhile() : Promise.resolve());
  expect(await saveTogether(put, () => Promise.resolve(true))).toBe(true);
  expect(tries).toBe(2);
  tries = 0;
  expect(await saveTogether(put, () => Promise.resolve(false))).toBe(false);
  expect(tries).toBe(1);
  await expect(saveTogether(() => Promise.reject(new Error("no")), () => Promise.resolve(true))).rejects.toThrow("no");
});
