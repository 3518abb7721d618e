package upstream

import (
	"net"
	"net/http"
	"time"
)

// NewTransport returns the transport that a [Client] uses by default: HTTP/2
// where the host has it, gzip, connections that are kept and reused, and
// bounds on every step of making one. Deadlines of whole calls are the
// client's.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 128 << 10,
		// A connection that went dead without a word is noticed by pings, not
		// by the calls on it.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}
}
