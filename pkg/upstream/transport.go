package upstream

import (
	"net"
	"net/http"
	"time"
)

// NewTransport returns the default transport of a [Client]: HTTP/2 if the host
// supports it, gzip, keep-alive, and timeouts for each phase of connecting. The
// client sets the deadline of a whole call.
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
		// Pings detect a dead connection before calls fail on it.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}
}
