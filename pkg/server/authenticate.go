package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// door lets in whoever shows who they are, and each of them only to what they
// may do. A nil door lets in everybody to everything.
type door struct {
	guard  *identity.Guard
	needs  map[string]identity.Scope // what each tool asks of its caller
	logger *slog.Logger
}

// newDoor returns the door of a server, nil where nobody signs in.
func newDoor(o Options) *door {
	if o.Guard == nil {
		return nil
	}
	return &door{guard: o.Guard, needs: needs(o.Tools), logger: o.Logger}
}

// needs returns the scope that each tool asks of its caller. The hint it goes
// by follows from what the tool was given to work with.
func needs(tools []Tool) map[string]identity.Scope {
	needs := make(map[string]identity.Scope, len(tools))
	for _, t := range tools {
		needs[t.Name] = identity.Write
		if t.Annotations.ReadOnly {
			needs[t.Name] = identity.Read
		}
	}
	return needs
}

// openRoutes returns the routes that are open to everybody beside the edge's
// own: those that lead to signing in.
func openRoutes(o Options) []identity.Route {
	if o.Guard == nil {
		return o.Routes
	}
	return append(o.Guard.Routes(), o.Routes...)
}

// visit is a request by somebody who was let in.
type visit struct {
	// refusal is the answer that the request gets, instead of any other, if
	// that turned out only while it was served.
	refusal atomic.Pointer[identity.Challenge]
}

// refused returns the answer that the request gets instead of any other, or
// nil.
func (v *visit) refused() *identity.Challenge {
	if v == nil {
		return nil
	}
	return v.refusal.Load()
}

// visitKey is the context key of a [*visit].
type visitKey struct{}

// admit finds out who makes a request. It returns the request with its
// principal and its visit in the context, and without the token, which is for
// nobody behind the door; or the answer to it if it may not come in.
func (d *door) admit(r *http.Request) (*http.Request, *identity.Challenge) {
	if d == nil {
		return r, nil
	}
	p, refused := d.guard.Identify(r)
	if refused != nil {
		if refused.Status >= http.StatusInternalServerError {
			d.logger.LogAttrs(r.Context(), slog.LevelWarn, "can't tell who is calling", slog.String("error", refused.Err.Error()))
		}
		return r, refused
	}
	delete(r.Header, "Authorization")
	return r.WithContext(context.WithValue(identity.WithPrincipal(r.Context(), p), visitKey{}, &visit{})), nil
}

// visitOf returns the visit that a request is, nil where nobody signs in.
func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// may returns nil if the caller of ctx has a scope, and the refusal otherwise.
func (d *door) may(ctx context.Context, needed identity.Scope) *identity.Challenge {
	if d == nil {
		return nil
	}
	return d.guard.Require(identity.PrincipalFrom(ctx), needed)
}

// revoked returns the refusal for a call that failed because the upstream no
// longer knows the caller's own credential, and nil for every other end. The
// deployment's credential is no business of the caller's.
func (d *door) revoked(ctx context.Context, cause error) *identity.Challenge {
	if d == nil || cause == nil || library.CodeOf(cause) != library.Unauthenticated {
		return nil
	}
	if p := identity.PrincipalFrom(ctx); p == nil || p.Credential.Anonymous() {
		return nil
	}
	return d.guard.Rejected(cause)
}

// middleware is the door before every MCP call, right inside the edge's: a
// call that its caller may not make reaches no tool, and one that shows the
// caller's credential to be dead leads back to signing in. The HTTP answer
// becomes the refusal as long as its status isn't sent, see [answer].
func (d *door) middleware(next mcp.MethodHandler) mcp.MethodHandler {
	if d == nil {
		return next
	}
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		needed, err := d.needed(req)
		if refused := d.may(ctx, needed); refused != nil {
			refuse(ctx, refused)
			return nil, refused.Err
		}
		if err != nil {
			return nil, err
		}
		result, err := next(ctx, method, req)
		if refused := d.revoked(ctx, causeOf(result, err)); refused != nil {
			refuse(ctx, refused)
		}
		return result, err
	}
}

// needed returns the scope that a call needs: the tool says, and whatever
// calls no tool reads. A tool that isn't among the server's own is an error,
// as the SDK words it, so that none is there without a scope.
func (d *door) needed(req mcp.Request) (identity.Scope, error) {
	params, ok := req.GetParams().(*mcp.CallToolParamsRaw)
	if !ok || params == nil {
		return identity.Read, nil
	}
	if needed, ok := d.needs[params.Name]; ok {
		return needed, nil
	}
	return identity.Read, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: fmt.Sprintf("unknown tool %q", params.Name)}
}

// causeOf returns why a call failed, or nil.
func causeOf(result mcp.Result, err error) error {
	if err != nil {
		return err // beside an error, the result may be a typed nil
	}
	if r, ok := result.(*mcp.CallToolResult); ok && r != nil && r.IsError {
		return r.GetError()
	}
	return nil
}

// refuse makes a refusal the answer to the request that carries a call.
func refuse(ctx context.Context, c *identity.Challenge) {
	if v := visitOf(ctx); v != nil {
		v.refusal.Store(c)
	}
}

// writeRefusedMCP answers a JSON-RPC request that was not read with a refusal.
func writeRefusedMCP(w http.ResponseWriter, _ *http.Request, c *identity.Challenge) {
	writeRefusal(w, nil, c)
}

// writeRefusal answers a JSON-RPC request with a refusal. The ID may be
// unknown.
func writeRefusal(w http.ResponseWriter, id []byte, c *identity.Challenge) {
	challengeHeaders(w.Header(), c)
	code := codeInvalidRequest
	if c.Status >= http.StatusInternalServerError {
		code = codeInternalError
	}
	writeRPCError(w, c.Status, id, code, words(c.Err))
}

// writeRefusedREST answers a request outside MCP with a refusal.
func writeRefusedREST(w http.ResponseWriter, r *http.Request, c *identity.Challenge) {
	challengeHeaders(w.Header(), c)
	writeProblem(w, r, c.Status, c.Err)
}

// challengeHeaders sets the headers of a refusal.
func challengeHeaders(h http.Header, c *identity.Challenge) {
	h["Cache-Control"] = noStore
	if c.Header != "" {
		h.Set("WWW-Authenticate", c.Header)
	}
	if seconds := retrySeconds(c.Err); seconds > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
}
