// Starts the program of an unpacked bundle by its manifest's own command line,
// as a desktop host would without any chosen setting, and asks it for what
// the manifest promises.
//
//   node start.mjs FOLDER CONFIG
//
// CONFIG is the module of @anthropic-ai/mcpb that makes a command line of a
// manifest. Prints one row for every check: "pass" or "fail", a tab and its
// name.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [folder, configModule] = process.argv.slice(2);
const extensionPath = resolve(folder);
const manifest = JSON.parse(readFileSync(join(extensionPath, "manifest.json"), "utf8"));
const { getMcpConfigForManifest } = await import(pathToFileURL(resolve(configModule)));

async function attempt(name, check) {
  try {
    await check();
    process.stdout.write(`pass\t${name}\n`);
  } catch (error) {
    process.stdout.write(`fail\t${name}: ${String(error?.message ?? error).replace(/\s+/g, " ").slice(0, 300)}\n`);
  }
}

function need(truth, message) {
  if (!truth) throw new Error(message);
}

const names = (list) => list.map((entry) => entry.name).sort().join(" ");

const systemDirs = { HOME: homedir() };
const commandLine = (userConfig) =>
  getMcpConfigForManifest({ manifest, extensionPath, systemDirs, userConfig, pathSeparator: sep });

const chosen = await commandLine({ zotero_api_key: "secret", zotero_desktop: true, zotero_data: "/home/ada/Zotero" });
const { command, args, env } = await commandLine({});
await attempt("a setting that was not chosen is empty, not a placeholder", () => {
  need(isAbsolute(command), `the command is ${command}`);
  need(env.ZOTERO_API_KEY === "" && env.ZOTERO_DATA === "" && env.ZOTERO_DESKTOP === "false", JSON.stringify(env));
});
await attempt("chosen settings arrive", () => {
  need(chosen.env.ZOTERO_API_KEY === "secret" && chosen.env.ZOTERO_DESKTOP === "true" && chosen.env.ZOTERO_DATA === "/home/ada/Zotero", JSON.stringify(chosen.env));
});

const client = new Client({ name: "stackroom-ci", version: "1.0.0" });
await attempt("initialize", async () => {
  const data = { STACKROOM_DATA: process.env.STACKROOM_DATA };
  await client.connect(new StdioClientTransport({ command, args, env: { ...env, ...data }, stderr: "inherit" }));
});
await attempt("tools/list gives the manifest's tools", async () => {
  const { tools } = await client.listTools();
  need(names(tools) === names(manifest.tools), `the server has ${names(tools)}`);
});
await attempt("prompts/list gives the manifest's prompts", async () => {
  const { prompts } = await client.listPrompts();
  need(names(prompts) === names(manifest.prompts), `the server has ${names(prompts)}`);
});
await attempt("search answers", async () => {
  const answer = await client.callTool({ name: "search", arguments: { query: "evolution" } });
  need(!answer.isError && answer.structuredContent.results.length > 0, JSON.stringify(answer).slice(0, 300));
});
await client.close();
