// The official TypeScript clients sign in with their own OAuth code, use the
// tools of two processes behind one URL, survive the restart of both, refresh
// twice at once, and are rejected once they are revoked.
//
//   node client.mjs PLACE.json
import { readFileSync } from "node:fs";
import { Client as FirstClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as FirstHTTP } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { refreshAuthorization as firstRefresh } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client, StreamableHTTPClientTransport, refreshAuthorization } from "@modelcontextprotocol/client";
import { Memory } from "./memory.mjs";
import { signIn } from "./person.mjs";
import { attempt, control, fails, need } from "./rows.mjs";

const place = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { post, keys } = control(place);
const endpoint = new URL(`${place.public}/mcp`);
const information = { name: "stackroom-ci", version: "1.0.0" };

const kinds = [
  ["sdk", () => new FirstClient(information), FirstHTTP, firstRefresh, {}],
  ["client modern", () => new Client(information, { versionNegotiation: { mode: { pin: "2026-07-28" } } }), StreamableHTTPClientTransport, refreshAuthorization, {}],
  ["client legacy, confidential", () => new Client(information, { versionNegotiation: { mode: "legacy" } }), StreamableHTTPClientTransport, refreshAuthorization,
    { token_endpoint_auth_method: "client_secret_post" }],
];
for (const [name, newClient, Transport, refresh, metadata] of kinds) await session(name, newClient, Transport, refresh, metadata);

async function session(name, newClient, Transport, refresh, metadata) {
  const provider = new Memory(metadata);
  const check = (what, run) => attempt(`${name}: ${what}`, run);
  // connect returns a client that is connected with a provider's tokens.
  const connect = async () => {
    const client = newClient();
    const transport = new Transport(endpoint, { authProvider: provider });
    try {
      await client.connect(transport);
    } catch (error) {
      error.transport = transport;
      throw error;
    }
    return client;
  };
  // enter signs a user in and returns a connected client.
  const enter = async (user) => {
    const error = await fails(connect(), "connected without signing in");
    need(provider.authorizations.length === 1, `was not sent to sign-in: ${error}`);
    const back = await signIn(provider.authorizations.pop(), user);
    need(back.searchParams.get("state") === provider.lastState(), "the state was changed");
    need(back.searchParams.get("iss") === place.public, `iss is ${back.searchParams.get("iss")}`);
    const iss = back.searchParams.get("iss");
    await error.transport.finishAuth(back.searchParams.get("code"), iss);
    return connect();
  };
  // titles searches, and returns the titles of the results.
  const titles = async (client) => {
    const answer = await client.callTool({ name: "search", arguments: { query: "tenancy", limit: 50 } });
    need(!answer.isError, answer.content[0].text);
    return JSON.stringify(answer.structuredContent.results.map((r) => r.title));
  };
  const renew = () => refresh(new URL(place.public), {
    metadata: provider.discovered?.authorizationServerMetadata, clientInformation: provider.clientInformation(),
    refreshToken: provider.tokens().refresh_token, resource: endpoint,
  });

  let client = await check("signs in: discovery by the 401, registration, PKCE, consent, Zotero, code", () => enter(1001));
  if (!client) return;
  await check("sees only its own libraries", async () => {
    const found = await titles(client);
    for (const mark of ["user1001mark", "group4711mark", "group4712mark"]) need(found.includes(mark), `${mark} is missing in ${found}`);
    for (const mark of ["1002mark", "4713mark", "1003mark"]) need(!found.includes(mark), `${mark} leaked`);
  });
  await check("calls tools on either process", async () => {
    for (let i = 0; i < 6; i++) await titles(client);
    for (const port of place.ports) {
      const answer = await fetch(`http://127.0.0.1:${port}/tools/list_libraries`, {
        method: "POST", body: "{}", headers: { "content-type": "application/json", authorization: `Bearer ${provider.tokens().access_token}` },
      });
      need(answer.ok && (await answer.text()).includes("group4711mark"), `port ${port}: ${answer.status}`);
    }
  });
  await check("survives the restart of both processes", async () => {
    await post("/restart");
    client = await connect();
    await titles(client);
    need(provider.authorizations.length === 0, "had to sign in again");
  });
  await check("refreshes twice at once with one refresh token, and both succeed", async () => {
    const before = provider.tokens().refresh_token;
    const both = await Promise.all([renew(), renew()]);
    need(both.every((t) => t.access_token && t.refresh_token === both[0].refresh_token && t.refresh_token !== before), "two different successors");
    provider.saveTokens({ ...provider.tokens(), ...both[1] });
    await titles(await connect());
  });
  await check("refreshes when the access token is invalid", async () => {
    const { refresh_token } = provider.tokens();
    provider.saveTokens({ ...provider.tokens(), access_token: "sr_access_expired" });
    await titles(await connect());
    need(provider.authorizations.length === 0 && provider.tokens().refresh_token !== refresh_token, "did not refresh");
  });
  await check("after its owner revokes the key at Zotero, must sign in again and can't refresh", async () => {
    await post("/revoke?user=1001");
    // A process answers from its cache for half a minute; a new process has an
    // empty cache.
    await post("/restart");
    await fails(connect().then(titles), "connected with a revoked key");
    need(provider.authorizations.length === 1, "was not sent to sign-in");
    provider.authorizations.pop();
  });
  await check("signs in again as another user", async () => {
    provider.saveTokens(undefined);
    client = await enter(1002);
    const found = await titles(client);
    need(found.includes("user1002mark") && found.includes("group4713mark") && !found.includes("user1001mark"), found);
  });
  await check("after /revoke is rejected by both processes", async () => {
    const { access_token, refresh_token } = provider.tokens();
    const answer = await fetch(`${place.public}/revoke`, { method: "POST", body: new URLSearchParams({ token: refresh_token }) });
    need(answer.status === 200, `/revoke has status ${answer.status}`);
    need((await keys(1002)) === 0, "the key still exists at Zotero");
    const error = await fails(renew(), "refreshed after it was revoked");
    need(/invalid_grant|Sign in|ended/i.test(`${error.code} ${error.name} ${error}`), `rejected with ${error}`);
    await post("/restart");
    for (const port of place.ports) {
      const after = await fetch(`http://127.0.0.1:${port}/tools/search`, {
        method: "POST", body: '{"query":"tenancy"}', headers: { "content-type": "application/json", authorization: `Bearer ${access_token}` },
      });
      need(after.status === 401 && /error="invalid_token"/.test(after.headers.get("www-authenticate")), `port ${port} has status ${after.status}`);
    }
  });
}
