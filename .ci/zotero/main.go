// Command zotero fills a zotero-selfhost-server in its test mode with real
// items, and writes down what it created for the tests that read them:
//
//	go run ./.ci/zotero -url http://127.0.0.1:8787 -fixtures ../shared/zotero -out seed.json
//
// The environment gives it the server's COMPATIBILITY_TEST_ADMIN_TOKEN and
// COMPATIBILITY_TEST_API_KEY. A second run finds what the first one wrote.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

func main() {
	base := flag.String("url", "", "the server")
	fixtures := flag.String("fixtures", os.Getenv("STACKROOM_FIXTURES"), "the folder of collected data")
	out := flag.String("out", "seed.json", "where to write what was created")
	most := flag.Int("most", 400, "how many works of each source a library gets")
	limit := flag.Duration("limit", 10*time.Minute, "the longest that it may take")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	err := run(ctx, *base, *fixtures, *most, *out)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "zotero:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, base, fixtures string, most int, out string) error {
	began := time.Now()
	admin := &api{base: base, client: &http.Client{}, password: os.Getenv("COMPATIBILITY_TEST_ADMIN_TOKEN")}
	s, err := fill(ctx, admin, os.Getenv("COMPATIBILITY_TEST_API_KEY"), os.DirFS(fixtures), most)
	if err != nil {
		return err
	}
	contract, written, err := fillContract(ctx, admin)
	if err != nil {
		return err
	}
	s.Contract = contract
	s.Written += written
	s.Seconds = time.Since(began).Seconds()
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	for _, l := range s.Libraries {
		fmt.Printf("%-10s %5d works %4d notes and files %3d marks %3d texts %3d collections; %d refused\n", l.ID, l.Works, l.Children, l.Marks, l.Texts, l.Collections, len(l.Refused))
	}
	fmt.Printf("%d objects written in %.0f s\n", s.Written, s.Seconds)
	folder, err := os.OpenRoot(filepath.Dir(out))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.WriteFile(filepath.Base(out), data, 0o600) // it holds keys
}
