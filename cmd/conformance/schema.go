package main

import (
	"context"
	"encoding/json"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// schemaTools show that a schema reaches the client as it was written.
func schemaTools() []testTool {
	return []testTool{{
		name:        "json_schema_2020_12_tool",
		description: "Carries the keywords of JSON Schema 2020-12 that tools/list must keep (SEP-1613, SEP-2106).",
		input: `{
			"$schema": "https://json-schema.org/draft/2020-12/schema",
			"type": "object",
			"$defs": {
				"address": {
					"$anchor": "addressDef",
					"type": "object",
					"properties": {"street": {"type": "string"}, "city": {"type": "string"}}
				}
			},
			"properties": {
				"name": {"type": "string"},
				"address": {"$ref": "#/$defs/address"},
				"contactMethod": {"type": "string", "enum": ["phone", "email"]},
				"phone": {"type": "string"},
				"email": {"type": "string"}
			},
			"allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
			"if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
			"then": {"required": ["phone"]},
			"else": {"required": ["email"]},
			"additionalProperties": false
		}`,
		call: func(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return text("called with " + string(req.Params.Arguments)), nil
		},
	}, {
		name:        "test_x_mcp_header",
		description: "Mirrors one argument into the header Mcp-Param-Region (SEP-2243).",
		input: `{
			"type": "object",
			"properties": {
				"region": {"type": "string", "description": "mirrored", "x-mcp-header": "Region"},
				"level": {"type": "integer", "description": "not mirrored"}
			}
		}`,
		call: func(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			var in struct{ Region string }
			if err := json.Unmarshal(req.Params.Arguments, &in); err != nil {
				return failed(err), nil
			}
			return text("region=" + in.Region), nil
		},
	}}
}
