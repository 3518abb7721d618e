package extract

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/html"
)

// The bounds of an EPUB. A compressed file can unpack to a thousand times its
// size, so what is unpacked is bounded by the file's own size; a real book's
// markup unpacks to 3 to 10 times of it.
const (
	maxParts       = 5000     // documents in the book's reading order
	maxDirectory   = 1 << 20  // bytes of the archive's list of its files
	maxEPUBMeta    = 2 << 20  // bytes of each file that says what the parts are
	maxUnpacking   = 20       // unpacked bytes of the parts for each byte of the file
	freeUnpacking  = 1 << 20  // unpacked bytes that any book may have
	maxUnpacked    = 32 << 20 // bytes of all parts together
	reasonBadEPUB  = "the EPUB file is damaged"
	reasonBadPart  = "a part of the book can't be read"
	reasonTooMany  = "the book has too many parts; the rest was not read"
	reasonUnpacked = "the book unpacks to more than %.3g MiB; the rest was not read"
)

// errUnpacked means that an archive unpacks to more than it may.
var errUnpacked = errors.New("the archive unpacks to too much")

// readEPUB reads the text of a book of size bytes: the documents of its spine,
// in order (EPUB 3.3, section 5). An EPUB has no pages. The parts are read as
// they are unpacked: beside the text, which is bounded too, a few megabytes are
// in memory.
func readEPUB(ctx context.Context, content io.ReaderAt, size int64) result {
	book, err := openBook(content, size)
	if err != nil {
		return result{reason: reasonBadEPUB}
	}
	parts, err := book.spine()
	if err != nil || len(parts) == 0 {
		return result{reason: reasonBadEPUB}
	}
	w, reason := newHTMLWriter(), ""
	limit := min(maxUnpacking*size+freeUnpacking, maxUnpacked)
	left := limit
	for i, name := range parts {
		if i == maxParts {
			reason = reasonTooMany
			break
		}
		err := book.read(name, &left, w.document)
		if errors.Is(err, errUnpacked) {
			reason = fmt.Sprintf(reasonUnpacked, float64(limit)/(1<<20))
			break
		}
		if ctx.Err() != nil {
			reason = "reading the book took too long; the rest was not read"
			break
		}
		if errors.Is(err, html.ErrBufferExceeded) {
			reason = reasonLongPart
		} else if err != nil {
			reason = reasonBadPart
		}
	}
	return result{pages: []string{w.String()}, reason: reason}
}

// book is an open EPUB.
type book struct {
	files map[string]*zip.File
}

// openBook opens an archive and reads the list of its files, which is bounded.
func openBook(content io.ReaderAt, size int64) (*book, error) {
	bounded := &boundedReaderAt{r: content, left: maxDirectory}
	archive, err := zip.NewReader(bounded, size)
	if err != nil {
		return nil, err
	}
	bounded.left = -1 // from here on the parts are bounded
	b := &book{files: make(map[string]*zip.File, len(archive.File))}
	for _, f := range archive.File {
		if b.files[f.Name] == nil {
			b.files[f.Name] = f
		}
	}
	return b, nil
}

// boundedReaderAt refuses to read more than left bytes in all; -1 is without
// bound.
type boundedReaderAt struct {
	r    io.ReaderAt
	left int64
}

func (b *boundedReaderAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := b.r.ReadAt(p, off)
	if b.left < 0 {
		return n, err
	}
	if b.left -= int64(n); b.left < 0 {
		b.left = 0
		return 0, errUnpacked
	}
	return n, err
}

// spine returns the names of the documents that make up the book, in order and
// each once.
func (b *book) spine() ([]string, error) {
	var container struct {
		Rootfiles []struct {
			Path string `xml:"full-path,attr"`
		} `xml:"rootfiles>rootfile"`
	}
	if err := b.decode("META-INF/container.xml", &container); err != nil {
		return nil, err
	}
	if len(container.Rootfiles) == 0 {
		return nil, errors.New("no package document")
	}
	opf := container.Rootfiles[0].Path
	var contents struct {
		Manifest []struct {
			ID   string `xml:"id,attr"`
			Href string `xml:"href,attr"`
			Type string `xml:"media-type,attr"`
		} `xml:"manifest>item"`
		Spine []struct {
			ID string `xml:"idref,attr"`
		} `xml:"spine>itemref"`
	}
	if err := b.decode(opf, &contents); err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, m := range contents.Manifest {
		if href, err := url.PathUnescape(m.Href); err == nil && strings.Contains(m.Type, "html") {
			names[m.ID] = path.Join(path.Dir(opf), href)
		}
	}
	var parts []string
	for _, s := range contents.Spine {
		if name, ok := names[s.ID]; ok {
			parts = append(parts, name)
			delete(names, s.ID) // a part stands in the spine once (section 5.7.2)
		}
	}
	return parts, nil
}

// decode reads a small XML file of the archive.
func (b *book) decode(name string, into any) error {
	left := int64(maxEPUBMeta)
	return b.read(name, &left, func(r io.Reader) error {
		d := xml.NewDecoder(r) // bounded, into structs of texts only
		d.Strict = false
		d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
		return d.Decode(into)
	})
}

// read unpacks a file of the archive for f. What is unpacked is taken from
// left; if that is less than the file has, the error is [errUnpacked].
func (b *book) read(name string, left *int64, f func(io.Reader) error) error {
	file := b.files[name]
	if file == nil {
		return errors.New("no such file in the archive")
	}
	r, err := file.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	return f(&unpacking{r: r, left: left})
}

// unpacking reads a file of an archive as long as its bound allows.
type unpacking struct {
	r    io.Reader
	left *int64
}

func (u *unpacking) Read(p []byte) (int, error) {
	if *u.left <= 0 {
		if n, err := u.r.Read(p[:min(1, len(p))]); n == 0 {
			return 0, err // it ends where the bound does
		}
		return 0, errUnpacked
	}
	n, err := u.r.Read(p[:min(int64(len(p)), *u.left)])
	*u.left -= int64(n)
	return n, err
}
