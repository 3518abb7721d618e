package extract

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"path"
	"strings"
)

// Bounds of an EPUB's parts. Compressed files can be far larger than they look.
const (
	maxParts    = 5000    // documents in the book's reading order
	maxEPUBMeta = 4 << 20 // bytes of the files that say what the parts are
)

const badEPUB = "the EPUB file is damaged"

// readEPUB reads the text of a book: the documents of its spine, in order
// (EPUB 3.3, section 5). An EPUB has no pages.
func readEPUB(content []byte) result {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return result{reason: badEPUB}
	}
	parts, err := spine(archive)
	if err != nil || len(parts) == 0 {
		return result{reason: badEPUB}
	}
	var book strings.Builder
	left := 2 * MaxTextBytes // of markup; text is what remains of it
	reason := ""
	for i, name := range parts {
		if i == maxParts || left <= 0 || book.Len() > MaxTextBytes {
			reason = "the book is too long; the rest was not read"
			break
		}
		markup, err := member(archive, name, left)
		if err != nil {
			reason = "a part of the book can't be read"
			continue
		}
		left -= len(markup)
		text, _ := htmlText(bytes.NewReader(markup))
		if book.Len() > 0 && text != "" {
			book.WriteString("\n\n")
		}
		book.WriteString(text)
	}
	return result{pages: []string{book.String()}, reason: reason}
}

// spine returns the names of the documents that make up the book, in order.
func spine(archive *zip.Reader) ([]string, error) {
	var container struct {
		Rootfiles []struct {
			Path string `xml:"full-path,attr"`
		} `xml:"rootfiles>rootfile"`
	}
	if err := decodeMember(archive, "META-INF/container.xml", &container); err != nil {
		return nil, err
	}
	if len(container.Rootfiles) == 0 {
		return nil, errors.New("no package document")
	}
	opf := container.Rootfiles[0].Path
	var book struct {
		Manifest []struct {
			ID   string `xml:"id,attr"`
			Href string `xml:"href,attr"`
			Type string `xml:"media-type,attr"`
		} `xml:"manifest>item"`
		Spine []struct {
			ID string `xml:"idref,attr"`
		} `xml:"spine>itemref"`
	}
	if err := decodeMember(archive, opf, &book); err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, m := range book.Manifest {
		if href, err := url.PathUnescape(m.Href); err == nil && strings.Contains(m.Type, "html") {
			names[m.ID] = path.Join(path.Dir(opf), href)
		}
	}
	var parts []string
	for _, s := range book.Spine {
		if name, ok := names[s.ID]; ok {
			parts = append(parts, name)
		}
	}
	return parts, nil
}

func decodeMember(archive *zip.Reader, name string, into any) error {
	content, err := member(archive, name, maxEPUBMeta)
	if err != nil {
		return err
	}
	d := xml.NewDecoder(bytes.NewReader(content)) //nolint:gosec // bounded above, into structs of texts only
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	return d.Decode(into)
}

// member reads a file of the archive of at most limit bytes.
func member(archive *zip.Reader, name string, limit int) ([]byte, error) {
	f, err := archive.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(content) > limit {
		err = errors.New("too long")
	}
	return content, err
}
