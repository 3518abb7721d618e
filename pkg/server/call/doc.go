// Package call runs calls of tools and MCP methods: it authorizes their
// callers, bounds their time, recovers their panics, and records their outcome.
// It is independent of the protocol; pkg/server/mcp and pkg/server/rest use it.
package call
