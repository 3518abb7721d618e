// Runs the npm package oidc-provider as an identity provider, for the tests of
// pkg/identity/oidc that look for STACKROOM_TEST_OIDC_ISSUER.
//
//   node oidc-provider.mjs PORT
//
// It issues JWT access tokens for any resource that a client names, to the
// client "robot" with the secret "robot-secret", by the client credentials
// grant. Prints its issuer URL once it listens, and serves until it is ended.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: "robot", client_secret: "robot-secret", redirect_uris: [], response_types: [], grant_types: ["client_credentials"] }],
  scopes: ["library:read"],
  extraTokenClaims: () => ({ groups: ["librarians"] }),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => ({
        scope: "library:read",
        audience: resource,
        accessTokenFormat: "jwt",
        accessTokenTTL: 600,
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});
createServer(provider.callback()).listen(port, "127.0.0.1", () => console.log(issuer));
