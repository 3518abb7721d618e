package snapshot

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

var tested = replica.Name{Library: "group:4711", View: "notes"}

const someBytes = 1 << 20

// sound returns a head with a snapshot.
func sound() *head {
	m := &shelf.Manifest{
		ID: strings.Repeat("0f", 16), Library: tested.Library, Version: 7, Items: 1,
		Files: []shelf.File{{Name: "rows", Size: 30}, {Name: "words.zap", Size: 5}, {Name: "empty", Size: 0}},
	}
	for m.Format = 1; m.Format < 100; m.Format++ { // the present one
		if _, err := shelf.DecodeManifest(m.Encode()); err == nil {
			break
		}
	}
	part := func(n byte, size int64) piece {
		return piece{Object: strings.Repeat(string('A'+n), 26), Size: size, SHA256: strings.Repeat("0f", 32)}
	}
	h := newHead(tested)
	h.Content = &content{
		Manifest: m.Encode(), Version: 8,
		Files: []file{{"rows", []piece{part(0, 20), part(1, 10)}}, {"words.zap", []piece{part(2, 5)}}, {"empty", nil}},
		Log:   []piece{part(3, 24)},
	}
	return h
}

func TestDecodeHead(t *testing.T) {
	for what, change := range map[string]func(h *head){
		"":                        func(*head) {},
		"of another format":       func(h *head) { h.Format++ },
		"of another library":      func(h *head) { h.Library = "group:4712" },
		"of another view":         func(h *head) { h.View = "" },
		"without a lineage":       func(h *head) { h.Lineage = "" },
		"before the first":        func(h *head) { h.Sequence = -1 },
		"with a damaged manifest": func(h *head) { h.Content.Manifest[3] ^= 1 },
		"with the manifest of another": func(h *head) {
			h.Content.Manifest = bytes.Replace(h.Content.Manifest, []byte("4711"), []byte("4712"), 1)
		},
		"without a file":                     func(h *head) { h.Content.Files = h.Content.Files[:2] },
		"with files in another order":        func(h *head) { f := h.Content.Files; f[0], f[1] = f[1], f[0] },
		"with a piece too few":               func(h *head) { h.Content.Files[0].Pieces = h.Content.Files[0].Pieces[:1] },
		"with a piece too large":             func(h *head) { h.Content.Files[1].Pieces[0].Size++ },
		"with a piece of no size":            func(h *head) { h.Content.Log[0].Size = 0 },
		"with a piece of negative size":      func(h *head) { h.Content.Log[0].Size = -24 },
		"with more bytes than are allowed":   func(h *head) { h.Content.Log[0].Size = someBytes - 34 },
		"with a short sum":                   func(h *head) { h.Content.Log[0].SHA256 = "0f" },
		"with a sum that is none":            func(h *head) { h.Content.Log[0].SHA256 = strings.Repeat("x", 64) },
		"without a log":                      func(h *head) { h.Content.Log = nil },
		"with a piece in another folder":     func(h *head) { h.Content.Log[0].Object = "../" + strings.Repeat("A", 26) },
		"with a piece of a short name":       func(h *head) { h.Content.Log[0].Object = "A" },
		"with the head as a piece of itself": func(h *head) { h.Content.Log[0].Object = headName },
	} {
		h := sound()
		change(h)
		data, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeHead(data, tested, someBytes); (err == nil) != (what == "") {
			t.Errorf("a head %s: %v", what, err)
		}
	}
	h := sound()
	h.Content.Log[0].Size = someBytes - 35
	data, _ := json.Marshal(h)
	if _, err := decodeHead(data, tested, someBytes); err != nil {
		t.Errorf("as large as is allowed: %v", err)
	}
	if _, err := decodeHead(append(data, bytes.Repeat([]byte(" "), maxHead)...), tested, someBytes); err == nil {
		t.Error("a head without end")
	}
}

// TestBound tests that nothing of an object's place can be exchanged.
func TestBound(t *testing.T) {
	at := func(id library.ID, view, object, file string, offset int64) string {
		return string(bound(replica.Name{Library: id, View: view}, object, file, offset))
	}
	seen := map[string]bool{}
	for _, b := range []string{
		at("user:1", "notes", "A", "rows", 0), at("user:2", "notes", "A", "rows", 0), at("user:1", "", "A", "rows", 0),
		at("user:1", "notes", "B", "rows", 0), at("user:1", "notes", "A", "log", 0), at("user:1", "notes", "A", "rows", 1),
		at("user:1", "notesA", "", "rows", 0),
	} {
		if seen[b] {
			t.Errorf("%q stands for two places", b)
		}
		seen[b] = true
	}
}

// TestFolder guards the names of objects: with others, no snapshot is found.
func TestFolder(t *testing.T) {
	a, b := folder(replica.Name{Library: "group:4711", View: "notes"}), folder(replica.Name{Library: "group:4711"})
	if a == b || len(a) != len("replicas/")+33 || !strings.HasPrefix(a, "replicas/") {
		t.Errorf("%q and %q", a, b)
	}
}

func FuzzDecodeHead(f *testing.F) {
	data, err := json.Marshal(sound())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	free, err := json.Marshal(newHead(tested))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(free)
	f.Add([]byte(`{"format":1,"library":"group:4711","view":"notes","lineage":"A","content":{"manifest":"","files":[],"log":[]}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := decodeHead(data, tested, someBytes)
		if err != nil {
			return
		}
		if h.Library != tested.Library || h.View != tested.View {
			t.Fatal("of another name")
		}
		var size int64
		for _, p := range h.Content.pieces {
			if strings.ContainsAny(p.Object, "/.") || p.Object == headName || p.Size <= 0 {
				t.Fatalf("piece %+v", p)
			}
			size += p.Size
		}
		if size > someBytes {
			t.Fatalf("%d bytes", size)
		}
		if h.Content != nil && h.Content.id() == "" {
			t.Fatal("without an ID")
		}
	})
}
