// How long citeproc-js takes in one style: for a bibliography of 1,000 real works
// with the style parsed before, and for a single citation. Prints the works and
// the seconds as JSON.
//
//   node speed.mjs CITEPROC STYLE LOCALES ZOTERO > speed.json
import { createRequire } from "node:module";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { loadWorks } from "./works.mjs";

const [citeproc, style, locales, zotero] = process.argv.slice(2);
const CSL = createRequire(import.meta.url)(citeproc);
CSL.debug = () => {};
const works = loadWorks(zotero).slice(0, 1000);
const byID = Object.fromEntries(works.map((w) => [w.id, w]));

function retrieveLocale(code) {
  const file = path.join(locales, `locales-${code}.xml`);
  return existsSync(file) ? readFileSync(file, "utf8") : false;
}

function seconds(run) {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

const retrieveItem = (id) => structuredClone(byID[id]);
const engine = () => new CSL.Engine({ retrieveLocale, retrieveItem }, readFileSync(style, "utf8"));

const whole = engine();
const bibliography = seconds(() => {
  whole.updateItems(works.map((w) => w.id));
  whole.makeBibliography();
});

const single = engine();
const cite = { id: works[0].id, locator: "12" };
single.updateItems([cite.id]);
for (let i = 0; i < 200; i++) single.makeCitationCluster([{ ...cite }]);
const rounds = 1000;
const citation = seconds(() => {
  for (let i = 0; i < rounds; i++) single.makeCitationCluster([{ ...cite }]);
}) / rounds;

process.stdout.write(JSON.stringify({ works, bibliography, citation }));
