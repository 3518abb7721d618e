// Package server serves Stackroom over HTTP and stdio. It is the edge: routes,
// limits and deadlines, origin checks, request IDs, authentication, health, and
// an orderly shutdown. The packages below it are:
//
//	mcp     the Model Context Protocol: both eras, stdio, HTTP+SSE, the express lane
//	rest    the tools for programs, with an OpenAPI document and problem details
//	pages   the pages for people
//	call    shared by MCP and REST: running, authorizing and recording calls
//	limit   limits per caller and on concurrency
//	origin  the check of Host and Origin
//	wire    bodies, headers and JSON
package server
