// Builds the front end into the Python package: hashed bundles, a style sheet for each face, manifest.json.
//
// New files are written first, then the manifest is replaced, then files that no manifest names are removed:
// a server that reads the manifest at any moment finds every file it names.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { wordModules } from "./words.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const web = join(here, "..", "src", "vlog", "web");
const out = join(web, "static");

// One bundle per page; code they share becomes a chunk. The player's engine is loaded by `import()`,
// so only a page that plays something fetches it.
const PAGES = [
  "src/public/public.ts",
  "src/public/watch.ts",
  "src/public/embed.ts",
  "src/admin/admin-door.ts",
  "src/admin/admin-setup.ts",
  "src/admin/admin-login.ts",
  "src/admin/admin-dashboard.ts",
  "src/admin/admin-videos.ts",
  "src/admin/admin-archive.ts",
  "src/admin/admin-audit.ts",
  "src/admin/admin-video.ts",
  "src/admin/admin-uploads.ts",
  "src/admin/admin-storage.ts",
  "src/admin/admin-transfer.ts",
  "src/admin/admin-categories.ts",
  "src/admin/admin-tags.ts",
  "src/admin/admin-fields.ts",
  "src/admin/admin-playlist.ts",
  "src/admin/admin-playlists.ts",
];
const LAZY = ["src/player/shaka-engine.ts"];
// Runs before the first paint, so it is a classic script of its own.
const BLOCKING = ["src/shared/theme-boot.ts"];
const STYLES = ["public.css", "admin.css"];
const IMAGES = ["favicon.svg", "favicon.ico", "apple-touch-icon.png", "icon-192.png", "icon-512.png", "icon-maskable.png"];

// Largest gzipped size of a page's own code and its chunks, in bytes. The engine is not part of a page.
const BUDGETS = {
  "public.js": 14_000,
  "watch.js": 34_000,
  "embed.js": 20_000,
  "admin-door.js": 2_000,
  "admin-setup.js": 6_000,
  "admin-login.js": 6_000,
  "admin-dashboard.js": 60_000,
  "admin-archive.js": 56_000,
  "admin-audit.js": 56_000,
  "admin-videos.js": 64_000,
  "admin-video.js": 76_000,
  "admin-uploads.js": 56_000,
  "admin-storage.js": 56_000,
  "admin-transfer.js": 56_000,
  "admin-categories.js": 56_000,
  "admin-tags.js": 56_000,
  "admin-fields.js": 56_000,
  "admin-playlist.js": 56_000,
  "admin-playlists.js": 56_000,
  "theme-boot.js": 600,
  "words-de.js": 8_000,
  "public.css": 12_000,
  "admin.css": 24_000,
};
// Largest size of the watch page's own code and style as the browser parses it, the longest catalogue of words
// included, before the engine that plays. In bytes.
const WATCH_PAGE_BUDGET = 120_000;

const shared = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  minify: true,
  target: "es2022",
  metafile: true,
  write: true,
  logLevel: "warning",
  legalComments: "eof",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
};

function hashed(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
  const extension = extname(name);
  return `${basename(name, extension)}-${hash}${extension}`;
}

function put(name, bytes) {
  const file = hashed(name, bytes);
  writeFileSync(join(out, file), bytes);
  return file;
}

function style(name) {
  const target = join(out, `.${name}`);
  const cli = join(here, "node_modules", "@tailwindcss", "cli", "dist", "index.mjs");
  execFileSync(process.execPath, [cli, "-i", `src/${name}`, "-o", target, "--minify"], { cwd: here, stdio: "pipe" });
  const bytes = readFileSync(target);
  rmSync(target);
  return bytes;
}

/** Every output file an entry needs before it runs, itself included; `import()`s are not followed. */
function closure(outputs, path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { path: next, kind } of outputs[path].imports) {
    if (kind === "import-statement") closure(outputs, next, seen);
  }
  return seen;
}

/** Bytes that the watch page needs before it can play: everything of its own but the engine. */
function watchPage(outputs, manifest) {
  const [entry] = Object.keys(outputs).filter((path) => basename(path) === manifest["watch.js"]);
  const length = (file) => statSync(file).size;
  const words = Object.keys(manifest).filter((name) => name.startsWith("words-")).map((name) => length(join(out, manifest[name])));
  const scripts = [...closure(outputs, entry)].map((file) => length(join(here, file)));
  const rest = ["theme-boot.js", "public.css"].map((name) => length(join(out, manifest[name])));
  return [...scripts, ...rest, Math.max(0, ...words)].reduce((total, size) => total + size, 0);
}

function checkBudgets(sizes, watch) {
  const over = Object.entries(BUDGETS).filter(([name, limit]) => sizes[name] > limit);
  for (const [name, limit] of over) console.error(`${name} is ${sizes[name]} bytes gzipped; its budget is ${limit}.`);
  if (watch > WATCH_PAGE_BUDGET) console.error(`The watch page is ${watch} bytes; its budget is ${WATCH_PAGE_BUDGET}.`);
  if (over.length > 0 || watch > WATCH_PAGE_BUDGET) process.exitCode = 1;
}

mkdirSync(out, { recursive: true });
const modules = await build({ ...shared, entryPoints: [...PAGES, ...LAZY], format: "esm", splitting: true });
const scripts = await build({ ...shared, entryPoints: BLOCKING, format: "iife" });

const manifest = {};
const keep = new Set(["manifest.json"]);
const sizes = {};
const outputs = { ...modules.metafile.outputs, ...scripts.metafile.outputs };
for (const [path, { entryPoint }] of Object.entries(outputs)) {
  keep.add(basename(path));
  if (!entryPoint) continue;
  const name = `${basename(entryPoint, ".ts")}.js`;
  manifest[name] = basename(path);
  sizes[name] = [...closure(outputs, path)]
    .map((file) => gzipSync(readFileSync(join(here, file))).length)
    .reduce((total, size) => total + size, 0);
}
for (const name of STYLES) {
  const css = style(name);
  manifest[name] = put(name, css);
  sizes[name] = gzipSync(css).length;
}
for (const [name, text] of Object.entries(wordModules(join(web, "locales")))) {
  manifest[name] = put(name, text);
  sizes[name] = gzipSync(text).length;
}
for (const image of IMAGES) manifest[image] = put(image, readFileSync(join(here, "src", "assets", image)));

for (const file of Object.values(manifest)) keep.add(file);
const pending = join(out, ".manifest.json");
writeFileSync(pending, `${JSON.stringify(manifest, null, 2)}\n`);
renameSync(pending, join(out, "manifest.json"));
for (const file of readdirSync(out)) if (!keep.has(file)) rmSync(join(out, file), { recursive: true });

for (const [name, size] of Object.entries(sizes)) console.log(`${name.padEnd(18)} ${String(size).padStart(7)} B gzipped`);
const watch = watchPage(outputs, manifest);
console.log(`${"the watch page".padEnd(18)} ${String(watch).padStart(7)} B`);
checkBudgets(sizes, watch);
