// The words of the scripts, per language: what the catalogues (gettext's PO files) hold for scripts becomes a
// small module that runs before the page's own and lays the words where shared/words.ts looks for them.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The entries of a PO file: message, its forms, and whether a script says it. Doubtful and empty ones are left out. */
export function readCatalogue(text) {
  const entries = [];
  for (const block of text.split(/\r?\n\r?\n/)) {
    const fields = {};
    let name = "";
    let ofScript = false;
    let fuzzy = false;
    for (const line of block.split(/\r?\n/)) {
      if (line.startsWith("#")) {
        ofScript ||= line.startsWith("#:") && line.includes(".ts");
        fuzzy ||= line.startsWith("#,") && line.includes("fuzzy");
        continue;
      }
      const found = /^(?:(msg\w+(?:\[\d\])?) )?(".*")$/.exec(line);
      if (found === null) continue;
      name = found[1] ?? name;
      fields[name] = (fields[name] ?? "") + JSON.parse(found[2]);
    }
    const forms = Object.keys(fields).filter((key) => key.startsWith("msgstr")).sort().map((key) => fields[key]);
    if (fields.msgid !== undefined && !fuzzy) entries.push({ message: fields.msgid, forms, ofScript });
  }
  return entries;
}

/** The module of one language. Plural rules of PO files are expressions that C and JavaScript read alike. */
function module(language, entries) {
  const header = entries.find(({ message }) => message === "")?.forms[0] ?? "";
  const rule = /plural=([n\d\s()!=<>%&|?:+*-]+);/.exec(header)?.[1] ?? "n != 1";
  const messages = Object.fromEntries(
    entries.filter(({ message, forms, ofScript }) => message !== "" && ofScript && forms.every(Boolean)).map(({ message, forms }) => [message, forms]),
  );
  return `globalThis.vlogWords={language:${JSON.stringify(language)},plural:(n)=>Number(${rule}),forms:${JSON.stringify(messages)}};\n`;
}

/** File name → content, for every language that has a catalogue. */
export function wordModules(locales) {
  if (!existsSync(locales)) return {};
  return Object.fromEntries(
    readdirSync(locales).sort().map((language) => {
      const text = readFileSync(join(locales, language, "LC_MESSAGES", "vlog.po"), "utf8");
      return [`words-${language}.js`, module(language, readCatalogue(text))];
    }),
  );
}
