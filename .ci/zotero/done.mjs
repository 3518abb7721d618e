// An hour of work on one library by two clients, one that asks its person and one that
// can't, over two processes of stackroom that share their state: three works by DOI,
// filed, with a note and a highlighted sentence, two duplicates merged, the merge undone.
//
//   node done.mjs PROGRAM DATA LIBRARY [SEED]
//
// DATA is the folder of both processes. SEED says where the Zotero server is; without it
// a bibliography with a PDF file is imported, for the embedded library. Prints one row for every check: "pass" or "fail", a tab and its
// name; the receipts go to standard error.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { Client as FirstClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as FirstHTTP } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { pdfOf, storePDF } from "./pdf.mjs";

const [program, data, library, seedFile] = process.argv.slice(2);
const seed = seedFile && JSON.parse(readFileSync(seedFile, "utf8"));
const titles = [["Ice on lakes", "Ice on rivers", "Ice on seas"], ["Snow in towns", "Snow in fields", "Snow in woods"]]; // by client
const copies = ["Frozen water", "White winters"];
const quotes = ["The ice of lakes is thick", "that of rivers thin"];
const lines = ["Of ice we know but little.", `${quotes.join(", and ")}.`];

// crossref answers requests for works by DOI as Crossref does.
const crossref = createServer((request, response) => {
  const filter = new URL(request.url, "http://localhost").searchParams.get("filter") ?? "";
  const items = filter.split(",").filter((f) => f.startsWith("doi:")).map((f) => {
    const doi = f.slice(4);
    const [client, work] = doi.split(".").slice(-2).map(Number);
    return {
      DOI: doi, type: "journal-article", title: [titles[client][work]], "container-title": ["Annals of Ice"],
      author: [{ given: "Ada", family: "Frost", sequence: "first" }], issued: { "date-parts": [[1998]] }, volume: "7", page: "1-9",
    };
  });
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ status: "ok", "message-type": "work-list", message: { "total-results": items.length, items } }));
});

const listening = (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// serve starts one process and returns it with its URL.
async function serve(resolver) {
  const probe = createServer();
  const port = await listening(probe);
  await new Promise((resolve) => probe.close(resolve));
  const env = {
    ...process.env, STACKROOM_ADDR: `127.0.0.1:${port}`, STACKROOM_DATA: data, STACKROOM_MASTER_KEY: master, STACKROOM_RESOLVERS: "crossref",
    STACKROOM_RESOLVER_URL: `http://127.0.0.1:${resolver}`, RATE_LIMIT_MAX: "0",
  };
  const child = spawn(program, ["serve"], { env, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (chunk) => (log = (log + chunk).slice(-4000)));
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 300; i++) {
    if ((await fetch(`${url}/ready`).catch(() => ({}))).ok) return { child, url };
    await sleep(100);
  }
  child.kill();
  throw new Error(`a process did not get ready: ${log}`);
}

// warm waits until a process has read the whole library.
async function warm(url) {
  for (let i = 0; i < 200; i++, await sleep(1000)) {
    const body = JSON.stringify({ query: `ice ${i}`, library, limit: 1 });
    const response = await fetch(`${url}/tools/search`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    if (response.ok && !(await response.text()).includes("being read")) return;
  }
  throw new Error("the library is not read");
}

// The clients: how to connect, and whether they ask their person.
const modern = { capabilities: { elicitation: {} }, versionNegotiation: { mode: { pin: "2026-07-28" } } };
const clients = [
  ["asks", async (url) => {
    const client = new Client({ name: "ci-asks", version: "1.0.0" }, modern);
    client.setRequestHandler("elicitation/create", async () => { asked++; return { action: "accept", content: {} }; });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
    return [client, (params) => client.callTool(params)];
  }],
  ["can't ask", async (url) => {
    const client = new FirstClient({ name: "ci-cannot-ask", version: "1.0.0" });
    await client.connect(new FirstHTTP(new URL(`${url}/mcp`)));
    return [client, (params) => client.callTool(params)];
  }],
];

const master = randomBytes(32).toString("base64");
const name = seed ? "over Zotero" : "embedded";
let asked = 0;

// live makes the calls of one client, each at the other process than the one before.
async function live(number, urls) {
  const [who, connect] = clients[number];
  const row = (outcome, check) => console.log(`${outcome}\t${name}, ${who}: ${check}`);
  const connections = await Promise.all(urls.map(connect));
  let calls = 0;
  const call = async (tool, given) => {
    const answer = await connections[calls++ % connections.length][1]({ name: tool, arguments: given });
    return answer.isError ? { status: "error", words: answer.content[0].text } : answer.structuredContent;
  };
  // attempt makes a change, by plan if the client can't ask, which must be done.
  const attempt = async (check, tool, given) => {
    const before = asked;
    let answer = await call(tool, given);
    const planned = answer.status === "planned";
    if (planned) answer = await call("apply_changes", { plan: answer.plan });
    const how = planned ? " by a plan" : asked > before ? " after a question" : "";
    row(answer.status === "done" ? "pass" : "fail", `${check}${how}${answer.status === "done" ? "" : `: ${JSON.stringify(answer).slice(0, 300)}`}`);
    return answer;
  };
  try {
    const works = await attempt("adds three works by DOI", "add_items", { library, works: [0, 1, 2].map((i) => `10.5555/ice.${number}.${i}`).join("\n") });
    const ids = works.changes.map((c) => c.id);
    row(works.changes.map((c) => c.name).join() === titles[number].join() ? "pass" : "fail", "the works have the titles that the registry gives");
    const made = await attempt("makes a collection", "organize", { library, action: "make_collection", name: `Ice ${who}` });
    await attempt("files the works", "update_items", { ids, add_collections: [made.changes[0].id.split("/")[1]] });
    await attempt("writes a note", "write_note", { id: ids[0], text: "# Why\n\nThe ice is **thick**." });
    if (seed) {
      await storePDF(seed, ids[0].split("/")[1], lines);
      // The process that is asked finds the file when it hears of it.
      let found = await call("fetch", { id: ids[0] });
      for (let i = 0; i < 200 && !found.attachments?.length; i++, await sleep(100)) found = await call("fetch", { id: ids[0] });
    }
    const marked = seed ? ids[0] : (await call("search", { library, query: "title:Ponds" })).results[0].id;
    await attempt("highlights a sentence", "annotate", { id: marked, quote: quotes[number], comment: "How thick?" });
    const copy = await attempt("adds a duplicate", "add_items", { library, works: `@article{x, title={${copies[number]}}, author={Frost, Ada}, year=1997}` });
    const merged = await attempt("merges two duplicates", "merge_items", { keep: ids[0], duplicates: [copy.changes[0].id] });
    const kept = await call("search", { library, query: `"${copies[number]}"` });
    row(!kept.results?.some((r) => r.id === copy.changes[0].id) ? "pass" : "fail", "the duplicate is gone");
    await attempt("undoes the merge", "undo_changes", { receipt: merged.receipt });
    const back = await call("search", { library, query: `"${copies[number]}"` });
    row(back.results?.some((r) => r.id === copy.changes[0].id) ? "pass" : "fail", "the duplicate is back");
    return await call("recent_changes", { library, receipts: true, limit: 50 });
  } catch (error) {
    row("fail", `ends early: ${String(error?.message ?? error).replace(/\s+/g, " ").slice(0, 300)}`);
  } finally {
    await Promise.all(connections.map(([client]) => client.close()));
  }
}

// importPonds imports a work with a PDF file.
function importPonds() {
  const folder = `${data}-source`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/ice.pdf`, pdfOf(lines));
  writeFileSync(`${folder}/ponds.bib`, "@book{a, title={Ponds}, author={Lake, Ann}, year=1990, file={ice.pdf}}\n");
  const { status, stderr } = spawnSync(program, ["import", `${folder}/ponds.bib`], { env: { ...process.env, STACKROOM_DATA: data }, encoding: "utf8" });
  if (status !== 0) throw new Error(`the import failed: ${stderr}`);
}

const processes = [];
try {
  if (!seed) importPonds();
  const resolver = await listening(crossref);
  for (let i = 0; i < 2; i++) processes.push(await serve(resolver));
  const urls = processes.map((p) => p.url);
  for (const url of urls) await warm(url);
  let receipts;
  for (const number of clients.keys()) receipts = (await live(number, urls)) ?? receipts;
  console.error(`| ${name} | tool | client | edits | status |\n|---|---|---|---|---|`);
  for (const c of receipts?.changes.toReversed() ?? []) {
    console.error(`| ${c.title} | ${c.tool} | ${c.client ?? ""} | ${c.edits} | ${c.status}${c.undone ? ", taken back" : ""} |`);
  }
} catch (error) {
  console.log(`fail\t${name}: ends early: ${error.message.replace(/\s+/g, " ").slice(0, 500)}`);
} finally {
  for (const { child } of processes) child.kill();
  crossref.close();
}
