package telemetry

import "slices"

// other replaces names that are not in a closed set, so that callers can't add
// series to the metrics.
const other = "other"

// knownMethods are the methods of MCP that a server answers, in all revisions
// (2024-11-05 to 2026-07-28), and those outside MCP.
var knownMethods = map[string]bool{
	"initialize": true, "ping": true, "server/discover": true,
	"tools/list": true, "tools/call": true,
	"prompts/list": true, "prompts/get": true,
	"resources/list": true, "resources/read": true, "resources/templates/list": true,
	"resources/subscribe": true, "resources/unsubscribe": true,
	"skills/list": true, "skills/get": true, "subscriptions/listen": true, "completion/complete": true, "logging/setLevel": true,
	"notifications/initialized": true, "notifications/cancelled": true,
	"notifications/progress": true, "notifications/roots/list_changed": true,
	MethodREST: true, MethodPage: true,
}

// knownProtocols are the revisions of MCP.
var knownProtocols = map[string]bool{
	"2024-11-05": true, "2025-03-26": true, "2025-06-18": true, "2025-11-25": true, "2026-07-28": true,
}

// knownTransports are the transports of MCP (OpenTelemetry, network.transport).
var knownTransports = map[string]bool{"tcp": true, "pipe": true}

// knownStatuses are those of an [Outcome].
var knownStatuses = map[string]bool{StatusOK: true, StatusToolError: true, StatusError: true}

// knownWrites are the outcomes of [Telemetry.Wrote].
var knownWrites = map[string]bool{"done": true, "partly": true, "refused": true, "stopped": true}

// knownRefusals are the kinds of [Telemetry.Refused].
var knownRefusals = map[string]bool{
	"principal": true, "address": true, "in_flight": true, "body": true, "depth": true,
	"origin": true, "host": true, "unauthenticated": true, "forbidden": true, "sign_in": true,
}

// The values of pkg/upstream's hooks.
var (
	knownOutcomes = map[string]bool{
		"ok": true, "unchanged": true, "rejected": true, "rate_limited": true, "server_error": true, "network": true,
		"timeout": true, "too_large": true, "unreadable": true, "cancelled": true, "held": true,
	}
	knownCacheResults = map[string]bool{
		"hit": true, "miss": true, "revalidate": true, "coalesced": true, "stale": true,
	}
	knownBreakerStates = map[string]bool{"closed": true, "open": true, "half_open": true}
)

// closed returns name if it is in the set or "", and "other" otherwise.
func closed(set map[string]bool, name string) string {
	if name == "" || set[name] {
		return name
	}
	return other
}

// closedList is closed for a short list.
func closedList(list []string, name string) string {
	if name == "" || slices.Contains(list, name) {
		return name
	}
	return other
}
