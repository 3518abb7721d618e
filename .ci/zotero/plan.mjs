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

// The personal library can be changed: each tool that writes is called, and what it
// did is taken back or put into the trash.
plan.calls.push(
  { tool: "add_items", arguments: { works: "@book{weyl, title={Raum Zeit Materie}, author={Weyl, Hermann}, year=1918}", library: home.id }, keep: { made: "/changes/0/id" } },
  { tool: "update_items", arguments: { ids: "$made", fields: { language: "de" } }, keep: { plan: "/plan" } },
  { tool: "apply_changes", arguments: { plan: "$plan" }, keep: { receipt: "/receipt" } },
  { tool: "undo_changes", arguments: { receipt: "$receipt" }, keep: { receipt: "/receipt" } },
  { tool: "write_note", arguments: { id: "$made", text: "# Why\n\n**Space** and time." }, keep: { receipt: "/receipt" } },
  { tool: "annotate", arguments: { id: "$made", quote: "space and time" }, error: true }, // it has no file
  { tool: "organize", arguments: { library: home.id, action: "make_collection", name: "To read" }, keep: { receipt: "/receipt" } },
  { tool: "undo_changes", arguments: { receipt: "$receipt" } },
  { tool: "add_items", arguments: { works: "@book{weyl2, title={Space, time, matter}, author={Weyl, Hermann}, year=1922}", library: home.id }, keep: { copy: "/changes/0/id" } },
  { tool: "merge_items", arguments: { keep: "$made", duplicates: "$copy" }, keep: { plan: "/plan" } },
  { tool: "apply_changes", arguments: { plan: "$plan" } },
  { tool: "trash_items", arguments: { ids: "$made" }, keep: { plan: "/plan" } },
  { tool: "apply_changes", arguments: { plan: "$plan" } },
);
for (const name of Object.keys(plan.prompts)) if (plan.prompts[name].topic) plan.prompts[name].topic = title;
console.log(JSON.stringify(plan));
