/// <reference types="node" />
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

// What the strict content policy and the token file promise, held over every template, script and style sheet.
const sources = join(import.meta.dirname, ".");
const templates = join(sources, "..", "..", "src", "vlog", "web", "templates");
const LONGEST = 200;

function files(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
}

function places(paths: string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    readFileSync(path, "utf8").split("\n").flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
  );
}

const pages = files(templates, ".html");
const scripts = files(sources, ".ts").filter((path) => path !== import.meta.filename);
const sheets = files(sources, ".css");

test("templates carry no inline script, style or handler", () => {
  expect(pages.length).toBeGreaterThan(10);
  expect(places(pages, /<style|<script(?![^>]*\ssrc=)(?! type="application\/ld\+json")|\sstyle="|\son[a-z]+="|javascript:|x-html/)).toEqual([]);
});

test("scripts parse no markup from strings and write no style attributes", () => {
  expect(places(scripts, /\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write|setAttribute\("style"|\beval\(|new Function/)).toEqual([]);
});

test("colours come from tokens.css only", () => {
  const others = sheets.filter((path) => !path.endsWith("tokens.css"));
  expect(places(others, /#[0-9a-f]{3,8}\b|\b(rgba?|hsla?|oklch|oklab|lab|lch)\(/i)).toEqual([]);
});

test("files stay short", () => {
  const written = [...pages, ...scripts, ...sheets].filter((path) => !path.endsWith("api-types.ts"));
  const long = written.filter((path) => readFileSync(path, "utf8").split("\n").length > LONGEST);
  expect(long).toEqual([]);
});

test("every asset a template asks for is built", () => {
  const build = readFileSync(join(sources, "..", "build.mjs"), "utf8");
  const asked = pages.flatMap((path) => [...readFileSync(path, "utf8").matchAll(/asset\('([^']+)'\)|block bundle %\}([\w.-]+)\{%/g)]);
  const names = new Set(asked.map((match) => match[1] ?? match[2] ?? ""));
  expect(names.size).toBeGreaterThan(5);
  const missing = [...names].filter((name) => !build.includes(`/${name.replace(/\.js$/, ".ts")}"`) && !build.includes(`"${name}"`));
  expect(missing).toEqual([]);
});
