package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

// newControl returns the handler of the control URL, with which a test causes
// events outside the server.
func newControl(ctx context.Context, zotero *signintest.Zotero, bucket *buckettest.Fake, d *deployment) http.Handler {
	mux := http.NewServeMux()
	user := func(r *http.Request) int64 {
		id, _ := strconv.ParseInt(r.FormValue("user"), 10, 64)
		return id
	}
	mux.HandleFunc("POST /restart", func(w http.ResponseWriter, _ *http.Request) {
		if err := d.restart(ctx); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /revoke", func(_ http.ResponseWriter, r *http.Request) { zotero.Revoke(user(r)) })
	mux.HandleFunc("POST /zotero", func(_ http.ResponseWriter, r *http.Request) { zotero.SetDown(r.FormValue("down") == "1") })
	mux.HandleFunc("POST /bucket", func(_ http.ResponseWriter, r *http.Request) { bucket.Down.Store(r.FormValue("down") == "1") })
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, len(zotero.Keys(user(r)))) })
	return mux
}
