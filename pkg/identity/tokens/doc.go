// Package tokens verifies personal access tokens: secrets that the people who
// run a server hand out to members, scripts and machines. The server knows
// their hashes only, from records that lie in a secret.
package tokens
