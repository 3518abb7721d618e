// A team at work on a server with sign-in: clients of members that call tools.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createHash, randomBytes } from "node:crypto";
import { need } from "./rows.mjs";
import { signIn } from "./person.mjs";

// connect signs a member in to a client, as the client does, and returns how the client
// calls tools: a function of the tool, its arguments, and whether the call must fail.
export async function connect(place, name, user, write = false) {
  const redirect = "http://127.0.0.1:33418/callback";
  const verifier = randomBytes(32).toString("base64url");
  const { client_id } = await answer(`${place.public}/register`, JSON.stringify({ client_name: name, redirect_uris: [redirect], token_endpoint_auth_method: "none" }), 201);
  const request = new URLSearchParams({
    client_id, redirect_uri: redirect, response_type: "code", state: "a state", resource: `${place.public}/mcp`, scope: `library:read${write ? " library:write" : ""}`,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256",
  });
  const back = await signIn(`${place.public}/authorize?${request}`, user, write ? { write: "1" } : {});
  const { access_token } = await answer(`${place.public}/token`, new URLSearchParams({
    grant_type: "authorization_code", code: back.searchParams.get("code"), client_id, redirect_uri: redirect, code_verifier: verifier, resource: `${place.public}/mcp`,
  }));
  const program = name.replaceAll(" ", "-").toLowerCase();
  const client = new Client({ name: program, version: "1.0" }, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  const headers = { Authorization: `Bearer ${access_token}`, "User-Agent": `${program}/1.0` };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${place.public}/mcp`), { requestInit: { headers } }));
  return async (tool, args, fails = false) => {
    const result = await client.callTool({ name: tool, arguments: args });
    need(Boolean(result.isError) === fails, `${tool}: ${result.content[0].text}`);
    return result.structuredContent;
  };
}

// answer sends a form or JSON and returns the answer, which has the status.
async function answer(url, body, status = 200) {
  const headers = typeof body === "string" ? { "content-type": "application/json" } : {};
  const response = await fetch(url, { method: "POST", body, headers });
  const text = await response.text();
  need(response.status === status, `${url}: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
}
