// Package call runs calls of tools and of MCP methods: it decides what their
// callers may do, bounds their time, recovers their panics, and records how
// they ended. It knows no protocol; pkg/server/mcp and pkg/server/rest use it.
package call
