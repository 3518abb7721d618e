// Package server is Stackroom over HTTP and stdio. It is the edge: routes,
// limits and deadlines, origin checks, request IDs, authentication, budgets,
// health, and an orderly end. What it serves is below it:
//
//	mcp     the Model Context Protocol: both eras, stdio, HTTP+SSE, the express lane
//	rest    the tools for programs, with an OpenAPI document and problem answers
//	pages   what people see
//	call    what MCP and REST share: running, authorizing and recording calls
//	limit   budgets of callers, bounds on what runs at once
//	origin  the check of Host and Origin
//	wire    bodies, headers and JSON on the wire
package server
