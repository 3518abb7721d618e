// Sends a token in a header of the official client, as people configure it in
// their clients. Prints one row.
//
//   TOKEN=… node bearer.mjs NAME URL WANTED[,NOT]...
//
// WANTED are texts that the titles and the libraries' names must contain, or,
// after "!", must not contain. A number is the expected error status.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { attempt, fails, need } from "./rows.mjs";

const [name, url, wanted] = process.argv.slice(2);
await attempt(name, async () => {
  const client = new Client({ name: "stackroom-ci", version: "1.0.0" });
  const headers = process.env.TOKEN ? { Authorization: `Bearer ${process.env.TOKEN}` } : {};
  const connected = client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }));
  if (/^\d+$/.test(wanted)) {
    const error = await fails(connected, "got in");
    need(String(error).includes(wanted) || String(error.code) === wanted || (wanted === "401" && error.name === "UnauthorizedError"), `refused with ${error}`);
    return;
  }
  await connected;
  const { tools } = await client.listTools();
  need(tools.length === 11, `${tools.length} tools`);
  const libraries = await client.callTool({ name: "list_libraries", arguments: {} });
  const found = await client.callTool({ name: "search", arguments: { query: "tenancy", limit: 50 } });
  need(!libraries.isError && !found.isError, `${libraries.content[0].text} ${found.content[0].text}`);
  const said = JSON.stringify([libraries.structuredContent, found.structuredContent]);
  for (const text of wanted.split(",")) {
    need(text[0] === "!" ? !said.includes(text.slice(1)) : said.includes(text), `${text}: ${said.slice(0, 300)}`);
  }
  await client.close();
});
