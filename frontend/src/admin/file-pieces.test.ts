import { expect, test } from "vitest";
import { kindOf, piecesOf } from "./file-pieces";

test("the kind is told by the name", () => {
  expect(["a.CSV", "a.json", "b.ndjson", "b.jsonl", "a.xlsx", "csv"].map(kindOf)).toEqual(["csv", "json", "ndjson", "ndjson", null, null]);
});

test("each piece of a table has its head, and no line break in a cell ends a row", () => {
  const rows = Array.from({ length: 250 }, (_, number) => `v${number},"one\n""two"", three"`);
  const { pieces, counts } = piecesOf("csv", `\uFEFFslug,title\r\n${rows.join("\r\n")}\r\n`);
  expect(counts).toEqual([200, 50]);
  expect(pieces.every((piece) => piece.startsWith("slug,title\r\nv"))).toBe(true);
  expect(pieces[1]).toContain('v249,"one\n""two"", three"');
});

test("each piece of lines says where they come from", () => {
  const lines = Array.from({ length: 201 }, (_, number) => `{"slug":"v${number}"}`);
  const head = '{"installation":"x","exported_at":"2026-01-01T00:00:00Z"}';
  const { pieces, counts } = piecesOf("ndjson", [head, ...lines, '{"total_count":201}', ""].join("\n"));
  expect(counts).toEqual([200, 1]);
  expect(pieces[1]).toBe(`${head}\n{"slug":"v200"}`);
  expect(piecesOf("ndjson", '{"slug":"a"}').pieces).toEqual(['{"slug":"a"}']);
});

test("a document is cut into documents", () => {
  const videos = Array.from({ length: 201 }, (_, number) => ({ slug: `v${number}` }));
  const { pieces } = piecesOf("json", JSON.stringify({ installation: "x", videos, total_count: 201 }));
  expect(JSON.parse(pieces[1] ?? "")).toEqual({ videos: [{ slug: "v200" }], installation: "x" });
  expect(JSON.parse(piecesOf("json", '[{"slug":"a"}]').pieces[0] ?? "")).toEqual({ videos: [{ slug: "a" }] });
  expect(() => piecesOf("json", '{"videos":3}')).toThrow(SyntaxError);
  expect(() => piecesOf("json", "null")).toThrow(SyntaxError);
});
