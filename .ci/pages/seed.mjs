// Writes the library of a server into a BibTeX file.
//
//   node seed.mjs URL FILE
import { writeFileSync } from "node:fs";

const [base, file] = process.argv.slice(2);
let text = "";
let cursor;
do {
  const body = { library: "local", format: "bibtex", ...(cursor ? { cursor } : {}) };
  const response = await fetch(`${base}/tools/export`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`export: status ${response.status}`);
  const page = await response.json();
  text += page.text;
  cursor = page.next_cursor;
} while (cursor);
writeFileSync(file, text);
