// Package server is Stackroom's edge: everything between the wire and the
// tools. It serves MCP over streamable HTTP in both protocol eras, over stdio
// and, if asked, over the older HTTP+SSE; REST with its OpenAPI document; a
// page for people; and health for machines. Where people sign in, it asks who
// is calling before anything else, and lets nobody do more than they may. The
// protocol itself is the official SDK's; what this package adds is what a
// public server needs around it: limits, deadlines, origin checks, request IDs,
// log lines and errors that a caller can act on.
package server
