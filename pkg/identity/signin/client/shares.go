package client

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"
)

// Bounds of concurrent fetches.
const (
	maxFetches = 64 // in total
	maxPerSite = 4
	maxPerCall = 4 // for one caller's address
)

// shares limits concurrent fetches per site and caller.
type shares struct {
	mu      sync.Mutex
	all     int
	sites   map[string]int
	callers map[string]int
	freed   chan struct{} // closed when a fetch ends
}

func newShares() *shares {
	return &shares{sites: map[string]int{}, callers: map[string]int{}, freed: make(chan struct{})}
}

// enter waits up to [shareWait] until a fetch may run, and reports whether it
// may. If so, call leave when it ends. Callers without an address are limited
// by site only.
func (s *shares) enter(ctx context.Context, site, caller string) (leave func(), ok bool) {
	timer := time.NewTimer(shareWait)
	defer timer.Stop()
	for {
		freed, ok := s.try(site, caller)
		if ok {
			return func() { s.leave(site, caller) }, true
		}
		select {
		case <-freed:
		case <-timer.C:
			return nil, false
		case <-ctx.Done():
			return nil, false
		}
	}
}

func (s *shares) try(site, caller string) (freed <-chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= maxFetches || s.sites[site] >= maxPerSite || caller != "" && s.callers[caller] >= maxPerCall {
		return s.freed, false
	}
	s.all++
	s.sites[site]++
	if caller != "" {
		s.callers[caller]++
	}
	return nil, true
}

func (s *shares) leave(site, caller string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	less(s.sites, site)
	if caller != "" {
		less(s.callers, caller)
	}
	close(s.freed)
	s.freed = make(chan struct{})
}

// less decrements a counter and deletes it at 0.
func less(counts map[string]int, key string) {
	if counts[key]--; counts[key] == 0 {
		delete(counts, key)
	}
}

// site returns the owner of a host: the registrable domain of a name, or the
// network of an address.
func site(hostport string) string {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	if ip, err := netip.ParseAddr(trimBrackets(host)); err == nil {
		bits := 24
		if ip.Is6() {
			bits = 48
		}
		if network, err := ip.Prefix(bits); err == nil {
			return network.String()
		}
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}

func trimBrackets(host string) string {
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}
