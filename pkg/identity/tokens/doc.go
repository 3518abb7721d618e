// Package tokens verifies personal access tokens: secrets that an admin gives
// to members, scripts and machines. The server stores only their hashes, in
// records that a secret contains.
package tokens
