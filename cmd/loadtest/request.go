package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/sample"
)

// request returns an HTTP request that calls a method, as clients of that era
// of the protocol send it.
func request(era, method, name string, params map[string]any) []byte {
	headers := "Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n"
	if era == "modern" {
		params["_meta"] = map[string]any{
			"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": map[string]any{},
			"io.modelcontextprotocol/clientInfo": map[string]any{"name": "loadtest", "version": "1"},
		}
		headers += "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: " + method + "\r\n"
		if name != "" {
			headers += "Mcp-Name: " + name + "\r\n"
		}
	} else {
		headers += "MCP-Protocol-Version: 2025-06-18\r\n"
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST /mcp HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n%s", headers, len(body), body)
	return b.Bytes()
}

func trivialCalls(era string) [][]byte {
	return [][]byte{request(era, "tools/call", "search", map[string]any{"name": "search", "arguments": map[string]any{"query": "light"}})}
}

func listCalls(era string) [][]byte {
	return [][]byte{request(era, "tools/list", "", map[string]any{})}
}

func searchCalls(era string, queries []string) [][]byte {
	calls := make([][]byte, len(queries))
	for i, q := range queries {
		calls[i] = request(era, "tools/call", "search", map[string]any{"name": "search", "arguments": map[string]any{"query": q}})
	}
	return calls
}

// drawQueries returns n different queries of one to four words, each of words
// that stand together in one work.
func drawQueries(items []*library.Item, n int) ([]string, error) {
	random := rand.New(rand.NewPCG(7, 11))
	seen := map[string]bool{}
	queries := []string{}
	for range n * 100 {
		it := items[random.IntN(len(items))]
		text := it.Title()
		if len(it.Creators) > 0 && random.IntN(4) == 0 {
			text = it.Creators[0].Display() + " " + text
		}
		words := slices.DeleteFunc(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }),
			func(w string) bool { return len(w) < 3 })
		size := 1 + random.IntN(4)
		if len(words) < size {
			continue
		}
		from := random.IntN(len(words) - size + 1)
		if q := strings.Join(words[from:from+size], " "); !seen[q] {
			seen[q] = true
			if queries = append(queries, q); len(queries) == n {
				return queries, nil
			}
		}
	}
	return nil, errors.New("the bibliography has too few words for so many queries")
}

// works returns the works that are served and from which queries are drawn.
func works(ctx context.Context, bib string) ([]*library.Item, error) {
	items := []*library.Item{}
	if bib == "" {
		all, err := sample.Works()
		for i := range all {
			items = append(items, &all[i].Item)
		}
		return items, err
	}
	f, err := os.Open(bib)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	doc, err := biblio.Read(ctx, f, filepath.Base(bib), biblio.BibTeX)
	if err != nil {
		return nil, err
	}
	for i := range doc.Entries {
		items = append(items, &doc.Entries[i].Item)
	}
	if len(items) == 0 {
		return nil, errors.New("the bibliography has no works")
	}
	return items, nil
}
