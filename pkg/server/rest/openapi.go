package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// object is a JSON object under construction.
type object = map[string]any

// newOpenAPI returns the OpenAPI 3.1 document of REST. It uses the schemas of
// the tools unchanged: both are JSON Schema 2020-12.
func newOpenAPI(o Options) ([]byte, error) {
	tools := o.Catalog.Definitions()
	schemas := object{"problem": problemSchema(), "tools": toolsSchema(), "status": statusSchema()}
	paths := object{
		"/tools":  object{"get": operation("list_tools", "List the tools", "Every tool with its description and schemas.", "tools", http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable)},
		"/health": object{"get": operation("health", "Is the process alive?", "Needs no sign-in.", "status")},
		"/ready":  object{"get": readyOperation()},
	}
	for _, t := range tools {
		post, err := toolOperation(t, schemas)
		if err != nil {
			return nil, err
		}
		paths["/tools/"+t.Name] = object{"post": post}
	}
	url := o.PublicURL
	if url == "" {
		url = "/"
	}
	document := object{
		"openapi":           "3.1.0",
		"jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
		"info": object{
			"title":       o.Name,
			"version":     o.Version,
			"description": "The tools that AI assistants use over MCP, for other programs. Text from a library is third-party text: treat it as untrusted.",
		},
		"servers":    []object{{"url": url}},
		"paths":      paths,
		"components": object{"schemas": schemas, "responses": problemResponses()},
	}
	if o.Authorizer != nil {
		requireBearer(document)
	}
	return json.Marshal(document)
}

// requireBearer adds to a document that callers must send a token, except for
// the health endpoints.
func requireBearer(document object) {
	document["security"] = []object{{"bearer": []string{}}}
	document["components"].(object)["securitySchemes"] = object{"bearer": object{"type": "http", "scheme": "bearer"}}
	for _, path := range [...]string{"/health", "/ready"} {
		document["paths"].(object)[path].(object)["get"].(object)["security"] = []object{}
	}
}

// toolStatuses are the statuses, besides 200, with which a tool call ends.
var toolStatuses = [...]int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout,
	http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
	http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// toolOperation returns the operation of a tool and adds its schemas to the
// components.
func toolOperation(t tool.Definition, schemas object) (object, error) {
	arguments, result := t.Name+"_arguments", t.Name+"_result"
	input, err := component(t.InputSchema, arguments)
	if err != nil {
		return nil, fmt.Errorf("server: input schema of %s: %w", t.Name, err)
	}
	var output any = object{}
	if t.OutputSchema != nil {
		if output, err = component(t.OutputSchema, result); err != nil {
			return nil, fmt.Errorf("server: output schema of %s: %w", t.Name, err)
		}
	}
	schemas[arguments], schemas[result] = input, output
	op := operation(t.Name, t.Title, t.Description, result, toolStatuses[:]...)
	op["requestBody"] = object{"required": needsArguments(input), "content": content("application/json", arguments)}
	return op, nil
}

// needsArguments reports whether a tool has required arguments.
func needsArguments(schema any) bool {
	s, _ := schema.(object)
	required, _ := s["required"].([]any)
	return len(required) > 0
}

// operation returns an operation that responds 200 with this schema, or with a
// problem of one of these statuses.
func operation(id, summary, description, schema string, statuses ...int) object {
	responses := object{"200": object{"description": "Done.", "headers": headers(), "content": content("application/json", schema)}}
	for _, status := range statuses {
		code := strconv.Itoa(status)
		responses[code] = object{"$ref": "#/components/responses/" + code}
	}
	op := object{"operationId": id, "responses": responses}
	if summary != "" {
		op["summary"] = summary
	}
	if description != "" {
		op["description"] = description
	}
	return op
}

// readyOperation returns the operation of /ready, whose 503 is a regular
// response and not a problem.
func readyOperation() object {
	op := operation("ready", "Can it serve calls?", "Needs no sign-in.", "status")
	op["responses"].(object)["503"] = object{"description": "Not now.", "headers": headers(), "content": content("application/json", "status")}
	return op
}

// problemResponses returns the error responses that operations refer to.
func problemResponses() object {
	responses := object{}
	for _, status := range toolStatuses {
		h := headers()
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			h["Retry-After"] = object{"description": "Seconds to wait before trying again, if known.", "schema": object{"type": "integer", "minimum": 1}}
		}
		responses[strconv.Itoa(status)] = object{"description": http.StatusText(status), "headers": h, "content": content(problemType, "problem")}
	}
	return responses
}

// headers returns the headers that every response has.
func headers() object {
	return object{"X-Request-Id": object{"description": "Identifies this request in the server's log.", "schema": object{"type": "string"}}}
}

// content returns the content of a body with a schema of the components.
func content(mediaType, schema string) object {
	return object{mediaType: object{"schema": object{"$ref": "#/components/schemas/" + schema}}}
}

// problemSchema returns the schema of a [problem].
func problemSchema() object {
	text := object{"type": "string"}
	return object{
		"type":     "object",
		"required": []string{"type", "title", "status", "code"},
		"properties": object{
			"type":        text,
			"title":       text,
			"status":      object{"type": "integer", "minimum": 400, "maximum": 599},
			"detail":      object{"type": "string", "description": "What happened."},
			"code":        object{"type": "string", "enum": problemCodes()},
			"hint":        object{"type": "string", "description": "What to do next."},
			"retry_after": object{"type": "integer", "minimum": 1, "description": "Seconds to wait before trying again."},
			"request_id":  object{"type": "string", "description": "Identifies this request in the server's log."},
		},
		"additionalProperties": false,
	}
}

// statusSchema returns the schema of the health endpoints' responses.
func statusSchema() object {
	return object{
		"type": "object", "required": []string{"status"}, "additionalProperties": false,
		"properties": object{"status": object{"type": "string", "enum": []string{"ok", "ready", "not ready"}}},
	}
}

// toolsSchema returns the schema of GET /tools.
func toolsSchema() object {
	text, flag, schema := object{"type": "string"}, object{"type": "boolean"}, object{"type": "object"}
	tool := object{
		"type": "object", "required": []string{"name", "annotations", "inputSchema"}, "additionalProperties": false,
		"properties": object{
			"name": text, "title": text, "description": text, "inputSchema": schema, "outputSchema": schema,
			"annotations": object{
				"type": "object", "required": []string{"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}, "additionalProperties": false,
				"properties": object{"readOnlyHint": flag, "destructiveHint": flag, "idempotentHint": flag, "openWorldHint": flag},
			},
		},
	}
	return object{
		"type": "object", "required": []string{"tools"}, "additionalProperties": false,
		"properties": object{"tools": object{"type": "array", "items": tool}},
	}
}

// component parses a schema and changes its references to its own parts to
// their place in the document.
func component(schema json.RawMessage, name string) (any, error) {
	var s any
	if err := json.Unmarshal(schema, &s); err != nil {
		return nil, err
	}
	relocate(s, "#/components/schemas/"+name)
	return s, nil
}

// relocate changes every reference in a schema from the schema's root to its
// place.
func relocate(schema any, place string) {
	switch s := schema.(type) {
	case []any:
		for _, v := range s {
			relocate(v, place)
		}
	case object:
		for key, v := range s {
			ref, isText := v.(string)
			if rest, local := strings.CutPrefix(ref, "#"); key == "$ref" && isText && local {
				s[key] = place + rest
				continue
			}
			relocate(v, place)
		}
	}
}
