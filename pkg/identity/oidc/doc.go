// Package oidc verifies the access tokens of an organisation's identity
// provider. It works with every provider that publishes OpenID Connect
// discovery and signs its access tokens as JWTs (RFC 9068), such as Keycloak,
// Okta, Entra ID and Auth0. A policy over a token's claims decides what the
// token grants.
package oidc
