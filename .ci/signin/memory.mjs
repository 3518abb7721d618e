// Memory is an OAuth provider of the official clients that stores in memory what
// a client application stores on disk.
export class Memory {
  redirectUrl = "http://127.0.0.1:33418/callback";
  authorizations = [];
  #information;
  #tokens;
  #verifier;
  #state;

  constructor(metadata = {}) {
    this.clientMetadata = {
      client_name: "Stackroom CI", redirect_uris: [this.redirectUrl], grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"], token_endpoint_auth_method: "none", ...metadata,
    };
  }

  state() { return (this.#state = crypto.randomUUID().repeat(30)); } // over 1 kB
  lastState() { return this.#state; }
  clientInformation() { return this.#information; }
  saveClientInformation(information) { this.#information = information; }
  tokens() { return this.#tokens; }
  saveTokens(tokens) { this.#tokens = tokens; }
  redirectToAuthorization(url) { this.authorizations.push(url); }
  saveCodeVerifier(verifier) { this.#verifier = verifier; }
  codeVerifier() { return this.#verifier; }
  invalidateCredentials(scope) {
    if (scope === "all" || scope === "tokens") this.#tokens = undefined;
    if (scope === "all" || scope === "client") this.#information = undefined;
  }
  discoveryState() { return this.discovered; }
  saveDiscoveryState(state) { this.discovered = state; }
}
