// Prints the clients' plan for a server over Zotero: the calls of calls.json
// with words and items that the seeded libraries have.
//
//   node plan.mjs CALLS SEED
import { readFileSync } from "node:fs";

const [callsFile, seedFile] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(callsFile, "utf8"));
const home = JSON.parse(readFileSync(seedFile, "utf8")).libraries.find((l) => l.id.startsWith("user:"));
const title = home.titles[0].words;
const document = home.documents.reduce((a, b) => (b.pages > a.pages ? b : a));

for (const call of plan.calls) {
  const given = call.arguments;
  if (given.query === "evolution") given.query = title;
  if (call.keep?.book) Object.assign(given, { query: "", year_from: 1900, year_to: 2030 });
  if (call.keep?.readable) {
    call.tool = "fetch";
    call.arguments = { id: `${home.id}/${document.work}` };
    call.keep = { readable: "/id" };
  }
  if (given.question) given.question = "what does the page say?";
  if (call.tool === "list_collections" || given.collection) given.library = home.id;
}
for (const name of Object.keys(plan.prompts)) if (plan.prompts[name].topic) plan.prompts[name].topic = title;
console.log(JSON.stringify(plan));
