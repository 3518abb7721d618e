// Command stand simulates Zotero with one library that keeps files, for the pages on
// which people add them. It prints its address, a key and the ID of a work as one line of
// JSON, and serves until it is stopped, or until ten minutes have passed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	user := signintest.User{ID: 7, Name: "ada"}
	zotero := &signintest.Zotero{Users: []signintest.User{user}}
	zotero.Other = &signintest.Libraries{Zotero: zotero, Works: 3}
	server := httptest.NewServer(zotero)
	err := json.NewEncoder(os.Stdout).Encode(map[string]string{
		"url": server.URL, "key": zotero.GiveWriting(user), "work": fmt.Sprintf("user:%d/%s", user.ID, signintest.WorkKey(0)),
	})
	if err == nil {
		<-ctx.Done()
	}
	server.Close()
	cancel()
	stop()
}
