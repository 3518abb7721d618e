// What citeproc-js makes of real works in a folder of styles: a line of JSON for
// the input and one for each style. Of the styles, HALF 0 takes every second one, after
// the input, and HALF 1 the others.
//
//   node expected.mjs CITEPROC STYLES LOCALES ZOTERO SEED COUNT HALF > expected.jsonl
import { createRequire } from "node:module";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { loadWorks, random, sample } from "./works.mjs";

const [citeproc, styles, locales, zotero, seedText, countText, half] = process.argv.slice(2);
const CSL = createRequire(import.meta.url)(citeproc);
CSL.debug = () => {};
const seed = Number(seedText);
const next = random(seed);
const works = sample(loadWorks(zotero), Number(countText), next);
const byID = Object.fromEntries(works.map((w) => [w.id, w]));
const primary = JSON.parse(readFileSync(path.join(locales, "locales.json"), "utf8"))["primary-dialects"];

function retrieveLocale(code) {
  for (const name of [code, primary[code], primary[code.split("-")[0]]]) {
    const file = path.join(locales, `locales-${name}.xml`);
    if (name && existsSync(file)) return readFileSync(file, "utf8");
  }
  return false;
}

const labels = ["page", "chapter", "section", "paragraph", "volume"];

/** clusters cites all works, one to five at a time, and some of them again. */
function clusters() {
  const list = [];
  let note = 0;
  let queue = works.map((w) => w.id);
  for (let i = 0; i < works.length / 4; i++) queue.push(works[next(works.length)].id);
  while (queue.length > 0) {
    const size = Math.min(queue.length, 1 + next(5));
    const cites = [];
    for (const id of queue.splice(0, size)) {
      if (cites.some((c) => c.id === id)) continue;
      const cite = { id };
      if (next(4) === 0) {
        cite.locator = String(1 + next(300));
        if (next(3) === 0) cite.locator += `-${Number(cite.locator) + 1 + next(20)}`;
        cite.label = labels[next(3) === 0 ? next(labels.length) : 0];
      }
      if (next(20) === 0) cite.prefix = "see ";
      if (next(20) === 0) cite.suffix = ", among others";
      cites.push(cite);
    }
    list.push({ note: ++note, cites });
    if (next(8) === 0) list.push({ note: ++note, cites: [{ ...cites[cites.length - 1] }] });
  }
  return list;
}

const cited = clusters();
if (half === "0") process.stdout.write(`${JSON.stringify({ seed, works, clusters: cited })}\n`);

const names = readdirSync(styles).filter((name) => name.endsWith(".csl")).sort();
for (const name of names.filter((_, i) => i % 2 === Number(half))) {
  const xml = readFileSync(path.join(styles, name), "utf8");
  const engine = () => {
    // An entry that shows nothing has no string, so each says whose it is.
    const system = {
      retrieveItem: (id) => ({ ...byID[id], system_id: id }),
      retrieveLocale,
      embedBibliographyEntry: (id) => `@${id}@`,
    };
    const e = new CSL.Engine(system, xml);
    e.setOutputFormat("html");
    return e;
  };
  let result = { style: name };
  try {
    const whole = engine();
    const note = whole.opt.xclass === "note";
    const rendered = whole.rebuildProcessorState(
      cited.map((c, i) => ({
        citationID: `c${i}`,
        citationItems: c.cites.map((x) => ({ ...x })),
        properties: { noteIndex: note ? c.note : 0 },
      })),
      "html",
    );
    result.note = note;
    result.citations = rendered.map((r) => r[2]);
    const bibliography = whole.makeBibliography();
    result.ids = [];
    result.entries = [];
    for (const entry of bibliography ? bibliography[1] : []) {
      const [text, id] = entry.split(/@(work-\d+)@\s*$/);
      result.ids.push(id);
      result.entries.push(text);
    }
    const single = engine();
    single.updateItems(works.map((w) => w.id));
    result.single = cited.map((c) => single.makeCitationCluster(c.cites.map((x) => ({ ...x }))));
  } catch (error) {
    result.error = String(error?.stack ?? error);
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
