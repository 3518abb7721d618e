package client

import (
	"net/url"
	"sync"
	"time"
)

// Bounds of the cached documents.
const (
	maxKept        = 256
	maxKeptPerSite = 8 // of one site, which can publish any number
)

// documentCache caches valid documents. When it is full it drops the least used
// document, so that documents requested once do not displace others.
type documentCache struct {
	mu      sync.Mutex
	entries map[string]*cached
	calls   int // number of calls of get and set so far
}

// cached is a document in the cache.
type cached struct {
	*kept
	site string
	uses int
	last int // number of the call that used it last
}

func newDocumentCache() *documentCache { return &documentCache{entries: map[string]*cached{}} }

// get returns the cached document of an ID, fresh or stale, or nil.
func (c *documentCache) get(id string) *kept {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[id]
	if e == nil {
		return nil
	}
	e.uses++
	c.calls++
	e.last = c.calls
	return e.kept
}

// set caches a document and replaces an earlier one.
func (c *documentCache) set(id string, k *kept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[id]; e != nil {
		e.kept = k
		return
	}
	c.calls++
	e := &cached{kept: k, last: c.calls}
	if u, err := url.Parse(id); err == nil {
		e.site = site(u.Host)
	}
	c.makeSpace(e.site)
	c.entries[id] = e
}

// postpone sets when a cached document is fetched again, and reports whether
// there is one that will still be usable then.
func (c *documentCache) postpone(id string, until time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[id]
	if e == nil {
		return false
	}
	if !until.Before(e.stale) {
		delete(c.entries, id)
		return false
	}
	k := *e.kept
	k.until = until
	e.kept = &k
	return true
}

// remove drops a document.
func (c *documentCache) remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, id)
}

// makeSpace drops the least used document of the site if the site has its
// share, else of all sites if the cache is full.
func (c *documentCache) makeSpace(site string) {
	ofSite := 0
	for _, e := range c.entries {
		if e.site == site {
			ofSite++
		}
	}
	switch {
	case ofSite >= maxKeptPerSite:
		c.dropLeast(func(e *cached) bool { return e.site == site })
	case len(c.entries) >= maxKept:
		c.dropLeast(func(*cached) bool { return true })
	}
}

func (c *documentCache) dropLeast(of func(*cached) bool) {
	var least *cached
	var id string
	for key, e := range c.entries {
		if of(e) && (least == nil || e.uses < least.uses || e.uses == least.uses && e.last < least.last) {
			least, id = e, key
		}
	}
	delete(c.entries, id)
}
