package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/snapshot"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// member is the key under which a context has the API key of its caller.
type member struct{}

// serveNode serves searches of members with keys of their own, wired as the
// program does it with Zotero sign-in. The key is the bearer token.
func serveNode(ctx context.Context, address string) error {
	up, err := upstream.New(upstream.Options{BaseURL: os.Getenv("ZOTERO_URL"), Name: "Zotero"})
	if err != nil {
		return err
	}
	b, err := bucket.Open(ctx, bucket.Options{Name: "state", Endpoint: os.Getenv("STORAGE_URL")})
	if err != nil {
		return err
	}
	replicas := replica.New(replica.Options{Dir: os.Getenv("STACKROOM_DATA"), Store: snapshot.New(snapshot.Options{Bucket: b})})
	defer func() { _ = replicas.Close(context.WithoutCancel(ctx)) }()
	members := zotero.NewMembers(zotero.NewClient(up, zotero.Options{Host: "stand-in"}), replicas, func(ctx context.Context) (upstream.Credential, error) {
		key, _ := ctx.Value(member{}).(string)
		return upstream.NewCredential("member", http.Header{"Zotero-Api-Key": {key}}), nil
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("POST /tools/search", func(w http.ResponseWriter, r *http.Request) {
		answer, err := nodeSearch(r, members)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writeJSON(w, answer)
	})
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: readTime}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// nodeSearch answers one search as the tool does, of what the bars need.
func nodeSearch(r *http.Request, members *zotero.Members) (map[string]any, error) {
	var arguments struct{ Query, Library string }
	if err := json.NewDecoder(r.Body).Decode(&arguments); err != nil {
		return nil, err
	}
	ctx := context.WithValue(r.Context(), member{}, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	reader, err := members.Open(ctx, library.ID(arguments.Library))
	if err != nil {
		return nil, err
	}
	page, err := reader.Search(ctx, library.Query{Text: arguments.Query, Limit: 10})
	if err != nil {
		return nil, err
	}
	results := []any{}
	for _, h := range page.Items {
		results = append(results, map[string]any{"id": h.Item.ID, "title": h.Item.Title()})
	}
	return map[string]any{"results": results, "total": page.Total, "notices": []string{page.Notice}}, nil
}
