package mcp

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/jsonscan"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// answerUnknown responds to messages with an unknown revision or method as the
// revisions specify, and reports whether it did: the SDK responds to those of
// older revisions with status 400 and -32600.
func answerUnknown(w http.ResponseWriter, h http.Header, e wire.Envelope, body []byte) bool {
	if version := h.Get("Mcp-Protocol-Version"); version != "" && !isModern(h) && !slices.Contains(mcp.SupportedProtocolVersions(), version) {
		writeUnsupported(w, e.ID, version)
		return true
	}
	if !e.Object {
		return false
	}
	method, ok := methodOf(body)
	switch {
	case !ok:
		return false
	case len(e.ID) == 0 && strings.HasPrefix(method, "notifications/") && !isNotification(method):
		// JSON-RPC 2.0, section 4.1: a notification gets no error.
		w.WriteHeader(http.StatusAccepted)
		return true
	case len(e.ID) > 0 && !isModern(h) && !isRequest(method) && !isNotification(method):
		writeError(w, http.StatusOK, e.ID, jsonrpc.CodeMethodNotFound, "unknown method")
		return true
	}
	return false
}

// isRequest reports whether a method is a request that clients may send and the
// SDK handles.
func isRequest(method string) bool {
	switch method {
	case "initialize", "ping", "completion/complete", "logging/setLevel", "prompts/list", "prompts/get", "tools/list", "tools/call",
		"resources/list", "resources/read", "resources/templates/list", "resources/subscribe", "resources/unsubscribe",
		"skills/list", "skills/get", "server/discover", "subscriptions/listen":
		return true
	}
	return false
}

// isNotification reports whether a method is a notification that the SDK
// handles.
func isNotification(method string) bool {
	switch method {
	case "notifications/initialized", "notifications/cancelled", "notifications/progress", "notifications/roots/list_changed":
		return true
	}
	return false
}

// methodOf returns the method of a message.
func methodOf(body []byte) (method string, ok bool) {
	jsonscan.EachMember(body, func(key, value []byte) bool {
		if string(key) == "method" {
			method, ok = jsonscan.PlainString(value)
			return false
		}
		return true
	})
	return method, ok
}

// writeUnsupported responds to a request of an unknown revision with the list
// of the known ones (MCP 2026-07-28, "Protocol Version Errors").
func writeUnsupported(w http.ResponseWriter, id []byte, version string) {
	data, err := json.Marshal(mcp.UnsupportedProtocolVersionData{Supported: mcp.SupportedProtocolVersions(), Requested: oneLine(version)})
	if err != nil {
		data = []byte("null")
	}
	writeErrorData(w, http.StatusBadRequest, id, mcp.CodeUnsupportedProtocolVersion, "unsupported protocol version", data)
}
