// Package telemetry is how Stackroom tells its operators what it does: log
// lines in Google Cloud Logging's field names, tied together by request ID and
// trace.
package telemetry
