package quote

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/klippa-app/go-pdfium"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/stackroom-mcp/stackroom/pkg/pdf"
)

// maxMemoryPages bounds the memory of the module that reads a file, in pages of
// 64 KiB: 512 MiB.
const maxMemoryPages = 512 << 20 / (64 << 10)

// Locator finds quotes. Its first call compiles PDFium, which takes two seconds and
// 320 MB for a moment. It is safe for concurrent use; one file is read at a time.
type Locator struct {
	mu   sync.Mutex
	pool pdfium.Pool // nil until the first call
}

// New returns a locator, which the caller closes.
func New() *Locator { return &Locator{} }

// Close frees what the locator holds.
func (l *Locator) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pool == nil {
		return nil
	}
	pool := l.pool
	l.pool = nil
	return pool.Close()
}

// start returns the pool of instances, made by the first call.
func (l *Locator) start() (pdfium.Pool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pool != nil {
		return l.pool, nil
	}
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(maxMemoryPages).WithCloseOnContextDone(true)
	pool, err := webassembly.Init(webassembly.Config{
		MaxIdle: 1, MaxTotal: 1, RuntimeConfig: config,
		FSConfig: wazero.NewFSConfig(), // no files
		Stdout:   io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return nil, err
	}
	l.pool = pool
	return pool, nil
}

// open reads a file with f. The end of ctx ends it.
func (l *Locator) open(ctx context.Context, content []byte, f func(*document) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	pool, err := l.start()
	if err != nil {
		return err
	}
	engine, err := pool.GetInstanceWithContext(ctx)
	if err != nil {
		return err
	}
	killed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(killed)
		_ = engine.Kill()
	})
	defer func() {
		if !stop() {
			<-killed
			return
		}
		_ = engine.Close() // only read
	}()
	opened, err := engine.OpenDocument(&requests.OpenDocument{File: &content})
	switch {
	case errors.Is(err, pdfiumerrors.ErrPassword), errors.Is(err, pdfiumerrors.ErrSecurity):
		return pdf.ErrProtected
	case err != nil:
		return pdf.ErrDamaged
	}
	d := &document{engine: engine, ref: opened.Document}
	count, err := engine.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.ref})
	if err != nil {
		return pdf.ErrDamaged
	}
	if d.pages = count.PageCount; d.pages > MaxPages {
		return ErrTooLarge
	}
	return f(d)
}

// document is an open file.
type document struct {
	engine pdfium.Pdfium
	ref    references.FPDF_DOCUMENT
	pages  int
}

// page opens a page for f.
func (d *document) page(index int, f func(page requests.Page, text references.FPDF_TEXTPAGE, chars int) error) error {
	loaded, err := d.engine.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: d.ref, Index: index})
	if err != nil {
		return err
	}
	defer func() { _, _ = d.engine.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page}) }()
	page := requests.Page{ByReference: &loaded.Page}
	text, err := d.engine.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: page})
	if err != nil {
		return err
	}
	defer func() { _, _ = d.engine.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text.TextPage}) }()
	n, err := d.engine.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text.TextPage})
	if err != nil {
		return err
	}
	return f(page, text.TextPage, n.Count)
}

// runes returns the characters of a page, 0 for one that has no Unicode.
func (d *document) runes(text references.FPDF_TEXTPAGE, chars int) ([]rune, error) {
	out := make([]rune, chars)
	for i := range out {
		c, err := d.engine.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: text, Index: i})
		if err != nil {
			return nil, err
		}
		out[i] = rune(c.Unicode & 0x1FFFFF)
	}
	return out, nil
}
