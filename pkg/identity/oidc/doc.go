// Package oidc verifies the tokens of an organisation's identity provider: of
// any that publishes OpenID Connect discovery and signs its access tokens as
// JWTs (RFC 9068), such as Keycloak, Okta, Entra ID or Auth0. What a
// token opens is told by a policy over its claims.
package oidc
