package pages

import (
	_ "embed"
	"net/http"
	"strconv"
)

//go:embed favicon.svg
var favicon []byte

// WriteIcon serves the icon of the pages.
func WriteIcon(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Content-Length", strconv.Itoa(len(favicon)))
	h.Set("Cache-Control", "public, max-age=86400")
	_, _ = w.Write(favicon) // the caller may have disconnected
}
