// Sets the official TypeScript clients on the server: the long-lived
// @modelcontextprotocol/sdk and its successor @modelcontextprotocol/client, the
// latter in both protocol eras, each over HTTP and over stdio.
//
//   node main.mjs URL PROGRAM CALLS
//
// Prints one row for every check: "pass" or "fail", a tab and its name.
import { readFileSync } from "node:fs";
import { Client as FirstClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as FirstStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as FirstHTTP } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { drive } from "./drive.mjs";

const MODERN = "2026-07-28";
const [url, program, callsFile] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(callsFile, "utf8"));
const information = { name: "stackroom-ci", version: "1.0.0" };

// A server started for stdio sees the same environment as this program.
const command = { command: program, args: ["stdio"], env: process.env, stderr: "ignore" };

// The first client takes a result schema before the options, its successor not.
const firstCall = (client, params, options) => client.callTool(params, undefined, options);
const nextCall = (client, params, options) => client.callTool(params, options);

const modern = { versionNegotiation: { mode: { pin: MODERN } } };
const legacy = { versionNegotiation: { mode: "legacy" } };
const connections = [
  ["sdk http", () => new FirstClient(information), () => new FirstHTTP(new URL(url)), ""],
  ["sdk stdio", () => new FirstClient(information), () => new FirstStdio(command), ""],
  ["client http modern", () => new Client(information, modern), () => new StreamableHTTPClientTransport(new URL(url)), MODERN],
  ["client http legacy", () => new Client(information, legacy), () => new StreamableHTTPClientTransport(new URL(url)), "2025-11-25"],
  ["client stdio modern", () => new Client(information, modern), () => new StdioClientTransport(command), MODERN],
  ["client stdio legacy", () => new Client(information, legacy), () => new StdioClientTransport(command), "2025-11-25"],
];

// STACKROOM_CLIENTS chooses the connections whose name has it.
const chosen = connections.filter(([name]) => name.includes(process.env.STACKROOM_CLIENTS ?? ""));
for (const [name, newClient, newTransport, version] of chosen) {
  const row = (outcome, check) => console.log(`${outcome}\t${name}: ${check}`);
  const client = newClient();
  try {
    await client.connect(newTransport());
    const spoken = client.getNegotiatedProtocolVersion?.() ?? version;
    row(version === "" || spoken === version ? "pass" : "fail", `connects${version && `, speaking ${spoken}`}`);
    const call = client instanceof FirstClient ? firstCall : nextCall;
    await drive(client, (params, options) => call(client, params, options), plan, row);
  } catch (error) {
    row("fail", `ends early: ${String(error?.message ?? error).replace(/\s+/g, " ").slice(0, 200)}`);
  } finally {
    await client.close();
  }
}
