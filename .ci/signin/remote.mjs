// mcp-remote connects a stdio client to the server and signs in by itself: it
// registers, starts a browser and listens for the code.
//
//   BROWSER=… node remote.mjs PLACE.json MCP-REMOTE
import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { attempt, control, need } from "./rows.mjs";

const [placeFile, program] = process.argv.slice(2);
const place = JSON.parse(readFileSync(placeFile, "utf8"));
const { post } = control(place);

// session runs mcp-remote with the files of an earlier session.
async function session(use) {
  const client = new Client({ name: "stackroom-ci", version: "1.0.0" });
  try {
    await client.connect(new StdioClientTransport({ command: process.execPath, args: [program, `${place.public}/mcp`], env: process.env, stderr: "inherit" }));
    await use(client);
  } finally {
    await client.close();
  }
}

async function works(client) {
  const { tools } = await client.listTools();
  need(tools.length === 11, `${tools.length} tools`);
  const answer = await client.callTool({ name: "search", arguments: { query: "tenancy" } });
  need(!answer.isError && JSON.stringify(answer.structuredContent).includes("user1001mark"), JSON.stringify(answer).slice(0, 200));
}

await attempt("signs in through a browser, lists and calls tools", () => session(works));
await attempt("still works after the restart of both processes, without a browser", async () => {
  await post("/restart");
  process.env.BROWSER = "/bin/false";
  await session(works);
});
