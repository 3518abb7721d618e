// Real works as CSL-JSON: Zotero items of translators' test cases, through the
// mapping that Zotero's schema has.
import { readFileSync } from "node:fs";
import path from "node:path";

/** loadWorks returns all items of the collection as CSL-JSON, in order. */
export function loadWorks(zotero) {
  const schema = JSON.parse(readFileSync(path.join(zotero, "schema", "schema-v43.json"), "utf8"));
  const convert = converter(schema);
  const lines = readFileSync(path.join(zotero, "translators-testcases", "items.jsonl"), "utf8").split("\n");
  const works = [];
  for (const line of lines) {
    if (!line) continue;
    const work = convert(JSON.parse(line).item);
    if (work) works.push({ ...work, id: `work-${works.length + 1}` });
  }
  return works;
}

/** random returns a generator of numbers below n, from a seed. */
export function random(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * n);
  };
}

/** sample picks count works, at least one of each type. */
export function sample(works, count, next) {
  const shuffled = works.map((work) => ({ work, key: next(1 << 30) })).sort((a, b) => a.key - b.key).map((x) => x.work);
  const types = new Set();
  const picked = [];
  const rest = [];
  for (const work of shuffled) {
    if (types.has(work.zoteroType)) rest.push(work);
    else {
      types.add(work.zoteroType);
      picked.push(work);
    }
  }
  return picked.concat(rest).slice(0, count).map(({ zoteroType, ...work }) => work);
}

function converter(schema) {
  const types = new Map();
  for (const [csl, names] of Object.entries(schema.csl.types)) for (const name of names) types.set(name, csl);
  const bases = new Map();
  const primary = new Map();
  for (const type of schema.itemTypes) {
    for (const field of type.fields) if (field.baseField) bases.set(`${type.itemType} ${field.field}`, field.baseField);
    primary.set(type.itemType, type.creatorTypes.find((c) => c.primary)?.creatorType);
  }
  return (item) => {
    const type = types.get(item.itemType);
    if (!type) return null;
    const fields = {};
    for (const [name, value] of Object.entries(item)) {
      if (typeof value !== "string" || value === "") continue;
      fields[name] = value;
      const base = bases.get(`${item.itemType} ${name}`);
      if (base) fields[base] = value;
    }
    const work = { type, zoteroType: item.itemType };
    for (const [csl, names] of Object.entries(schema.csl.fields.text)) {
      const name = names.find((n) => fields[n]);
      if (name) work[csl] = fields[name];
    }
    for (const [csl, name] of Object.entries(schema.csl.fields.date)) if (fields[name]) work[csl] = date(fields[name]);
    for (const creator of item.creators ?? []) {
      let role = schema.csl.names[creator.creatorType];
      if (creator.creatorType === primary.get(item.itemType)) role = "author";
      const name = person(creator);
      if (role && name) (work[role] ??= []).push(name);
    }
    return work;
  };
}

function date(text) {
  const parts = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:[T ].*)?$/.exec(text);
  if (!parts) return { raw: text };
  return { "date-parts": [parts.slice(1).filter(Boolean).map(Number)] };
}

function person(creator) {
  if (creator.name) return { literal: creator.name };
  const { firstName = "", lastName = "" } = creator;
  if (!firstName && lastName) return creator.fieldMode === 1 ? { literal: lastName } : { family: lastName };
  return lastName ? { family: lastName, given: firstName } : null;
}
