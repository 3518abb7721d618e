// Package telemetry reports what the server does: log lines and audit events in
// Google Cloud Logging's field names, metrics and traces by OpenTelemetry, all
// tied together by request ID and trace.
package telemetry
