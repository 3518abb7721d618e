// Command stand runs a deployment on one machine for tests with other
// implementations: simulations of Zotero and Cloud Storage, two processes of
// stackroom that share them, and a TLS proxy that alternates between the two.
//
//	go run ./.ci/signin/stand -program stackroom -folder /tmp/stand
//
// It prints the addresses as one line of JSON and serves until it is stopped,
// or until -lifetime has passed (default ten minutes). POST to its control URL:
//
//	/restart                 stops and restarts both processes
//	/revoke?user=1001        deletes the user's keys at zotero.org
//	/zotero?down=1           makes every request to Zotero fail; down=0 ends this
//	/bucket?down=1           the same for Cloud Storage
//
// GET /keys?user=1001 returns the number of a user's keys at Zotero.
package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

func main() {
	program := flag.String("program", "", "the path of the stackroom binary")
	folder := flag.String("folder", "", "the folder for logs and secrets")
	works := flag.Int("works", 12, "the works of each library at Zotero, at most 1000")
	lifetime := flag.Duration("lifetime", 10*time.Minute, "the time after which it stops")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, *lifetime)
	err := run(ctx, *program, *folder, *works)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "stand:", err)
		os.Exit(1)
	}
}

// addresses lists the addresses.
type addresses struct {
	Public      string `json:"public"`      // the proxy; Certificate has its certificate
	Certificate string `json:"certificate"` // a PEM file
	Zotero      string `json:"zotero"`
	Bucket      string `json:"bucket"` // host:port of Cloud Storage
	Control     string `json:"control"`
	Processes   []int  `json:"ports"` // of both processes
	SharedKey   string `json:"key"`   // a Zotero API key of user 1004
}

func run(ctx context.Context, program, folder string, works int) error {
	zotero := &signintest.Zotero{ClientKey: "appkey-of-ci", ClientSecret: "appsecret-of-ci", Users: users()}
	zotero.Other = &signintest.Libraries{Zotero: zotero, Works: works}
	upstream := httptest.NewServer(zotero)
	defer upstream.Close()

	bucket := buckettest.NewFake()
	storage := httptest.NewServer(bucket)
	defer storage.Close()

	d := &deployment{program: program, folder: folder}
	proxy := httptest.NewUnstartedServer(d)
	proxy.StartTLS()
	defer proxy.Close()
	p := addresses{
		Public: proxy.URL, Certificate: filepath.Join(folder, "ca.pem"), Zotero: upstream.URL,
		Bucket: strings.TrimPrefix(storage.URL, "http://"), SharedKey: zotero.Give(users()[3]),
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw})
	if err := os.WriteFile(p.Certificate, certificate, 0o600); err != nil {
		return err
	}
	if err := d.start(ctx, p); err != nil {
		return err
	}
	defer d.stop()
	p.Processes = d.ports

	control := httptest.NewServer(newControl(ctx, zotero, bucket, d))
	defer control.Close()
	p.Control = control.URL
	if err := json.NewEncoder(os.Stdout).Encode(p); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// users have one library each, and overlapping groups.
func users() []signintest.User {
	return []signintest.User{
		{ID: 1001, Name: "ada", Groups: []int64{4711, 4712}},
		{ID: 1002, Name: "bob", Groups: []int64{4712, 4713}},
		{ID: 1003, Name: "eve"},
		{ID: 1004, Name: "team", Groups: []int64{4711, 4712}}, // whose key a deployment may share
	}
}
