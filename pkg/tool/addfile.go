package tool

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
)

// pdfType is the media type of PDF files.
const pdfType = "application/pdf"

// openPDF is the argument that asks for the open-access PDF file of each work.
const openPDF = "open"

// Bounds of the files of a call.
const (
	maxFiles        = 10
	maxFilename     = 80 // characters, without the extension
	maxAddressChars = 2_000
)

// checkPDF returns why the files that the argument asks for can't be stored in a
// library, or nil.
func (c *writeCall) checkPDF(w library.Writer, pdf string) error {
	if pdf == "" {
		return nil
	}
	if u, err := url.Parse(pdf); pdf != openPDF && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		return library.Errorf(library.Invalid, "argument %q is neither %q nor an http or https URL", "pdf", openPDF)
	}
	return c.mayStore(w)
}

// mayStore returns why files can't be fetched and stored in a library, or nil.
func (c *writeCall) mayStore(w library.Writer) error {
	if _, err := storeOf(w); err != nil {
		return err
	}
	if !c.registries.Asks(resolve.WebPage) {
		return library.Errorf(library.Forbidden, "this server fetches no files (setting STACKROOM_WEB_PAGES)").WithHint("add the works without %q", "pdf")
	}
	return nil
}

// nameFiles gives the works the address that the argument has, if that is one.
func nameFiles(all []addition, pdf string) error {
	if pdf == "" || pdf == openPDF {
		return nil
	}
	if len(all) > 1 {
		return library.Errorf(library.Invalid, "argument %q is the address of one file, and %d works are given", "pdf", len(all)).
			WithHint("add the work of each file by itself, or give %q", openPDF)
	}
	for i := range all {
		all[i].pdf = pdf
	}
	return nil
}

// unknownFiles says of which works no open-access file is known.
func (c *writeCall) unknownFiles(lib library.ID, fresh []addition, held []holder) []string {
	var without []library.ItemID
	for _, a := range fresh {
		if a.pdf == "" {
			without = append(without, library.ItemID{Library: lib, Key: a.key})
		}
	}
	for _, h := range held {
		if h.pdf == "" {
			without = append(without, h.has.ID)
		}
	}
	if len(without) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("no open-access PDF file is known of %s; they are known of DOIs, PubMed and arXiv IDs alone.", counted(len(without), "work")) + c.byHand(without...)}
}

// attachments returns the edits that make attachments for the files of works, and what
// to say of files that get none. The files are stored when the attachments are made.
func attachments(now time.Time, w library.Writer, fresh []addition, held []holder) (edits []change.Edit, notices []string) {
	beyond := 0
	var has []string
	add := func(a addition, key string) {
		if len(edits) == maxFiles {
			beyond++
			return
		}
		title := new(tidy).title(a.item)
		e := change.Make(library.ItemObject, w.NewKey(), library.Data{
			"itemType": "attachment", "linkMode": "imported_url", "parentItem": key, "title": "PDF", "url": a.pdf,
			"accessDate": now.UTC().Format(time.RFC3339), "contentType": pdfType, "filename": pdfName(title),
		})
		e.Name = title
		edits = append(edits, e)
	}
	for _, a := range fresh {
		if a.pdf != "" {
			add(a, a.key)
		}
	}
	for _, h := range held {
		at := slices.IndexFunc(h.has.Attachments, func(f library.Attachment) bool { return f.URL == h.pdf })
		switch {
		case h.pdf == "":
		case at >= 0:
			has = append(has, h.has.ID.String())
		default:
			add(h.addition, h.has.ID.Key)
		}
	}
	if len(has) > 0 {
		notices = append(notices, "these have the file of the address already: "+enumerate(has[:min(len(has), maxNamed)]))
	}
	if beyond > 0 {
		notices = append(notices, fmt.Sprintf("a call stores at most %d PDF files, so %d more are left out; call again with the same works for them", maxFiles, beyond))
	}
	return edits, notices
}

// titleOf says how many works and files are added.
func titleOf(edits []change.Edit) string {
	works, files := 0, 0
	for _, e := range edits {
		switch {
		case e.After["parentItem"] == nil:
			works++
		case isFile(e):
			files++
		}
	}
	var parts []string
	if works > 0 {
		parts = append(parts, counted(works, "work"))
	}
	if files > 0 {
		parts = append(parts, counted(files, "PDF file"))
	}
	return "Add " + strings.Join(parts, " and ")
}

// isFile reports whether an edit makes an attachment for a file to fetch.
func isFile(e change.Edit) bool {
	return e.Version == 0 && e.After["itemType"] == "attachment" && e.After["linkMode"] == "imported_url"
}

// pdfName returns the name of the PDF file of a work, of letters, digits and a few
// other characters.
func pdfName(title string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune(" -_,()", r) {
			return r
		}
		return -1
	}, title)
	name, _ = plaintext.Cut(plaintext.Line(name), maxFilename)
	return cmp.Or(strings.TrimSpace(name), "file") + ".pdf"
}
