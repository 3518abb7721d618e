package tool

import (
	"context"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// progress tells a client how far a call is. A nil one does nothing, so tools
// report without asking whether a client listens.
type progress struct {
	notify func(done, total int, message string)

	mu   sync.Mutex
	last int
}

// newProgress returns the progress of a request that wants it, else nil (MCP,
// "Progress": only with a token that the request carries).
func newProgress(ctx context.Context, req *mcp.CallToolRequest) *progress {
	if req.Session == nil || req.Params.Meta == nil {
		return nil
	}
	token := req.Params.GetProgressToken()
	if token == nil {
		return nil
	}
	return &progress{notify: func(done, total int, message string) {
		// A transport that can't carry notifications says so at each; the
		// result matters, they don't.
		_ = req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
			ProgressToken: token, Progress: float64(done), Total: float64(total), Message: message,
		})
	}}
}

// step reports one more step of total. Steps may come from many goroutines;
// what the client sees only grows.
func (p *progress) step(total int, message string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	p.notify(p.last, max(total, p.last), message)
}
