package zotero

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// typical returns the JSON of a work with an abstract, an attachment and a
// note, as an average library has them.
func typical(i int) []byte {
	data := func(key, rest string) string {
		return fmt.Sprintf(`{"key":%q,"version":%d,"library":{"type":"user","id":1,"name":"Someone","links":{}},"meta":{"creatorSummary":"Scholar","parsedDate":"1999-01-02","numChildren":2},`+
			`"data":{"key":%q,"version":%d,%s,"tags":[{"tag":"reading","type":1},{"tag":"tag %d"}],"collections":["AAAAAAA2"],"relations":{},"dateAdded":"2026-01-01T00:00:00Z","dateModified":"2026-01-01T00:00:00Z"}}`, key, i, key, i, rest, i%100)
	}
	key := func(kind string) string {
		digits := []byte(kind + "22222")
		for n, at := i, 7; n > 0; n, at = n/32, at-1 {
			digits[at] = keyAlphabet[n%32]
		}
		return string(digits)
	}
	abstract := strings.Repeat("A sentence of an abstract with some words in it. ", 20)
	work := data(key("WRK"), fmt.Sprintf(`"itemType":"journalArticle","title":"A study of the %d things that a title has","abstractNote":%q,"publicationTitle":"Journal of Studies","journalAbbreviation":"J. Stud.",`+
		`"date":"January 2, 1999","volume":"12","issue":"3","pages":"100-123","DOI":"10.5555/%d","ISSN":"1234-5678","url":"https://example.org/a/long/address/of/an/article/%d","accessDate":"2026-01-01T00:00:00Z",`+
		`"language":"en","libraryCatalog":"Crossref","extra":"Citation Key: scholar%d","creators":[{"creatorType":"author","firstName":"Pat Q.","lastName":"Scholar"},{"creatorType":"author","firstName":"Sam","lastName":"Reader%d"},{"creatorType":"author","firstName":"Kim","lastName":"Writer"}]`, i, abstract, i, i, i, i%50))
	file := data(key("FLE"), fmt.Sprintf(`"parentItem":%q,"itemType":"attachment","linkMode":"imported_url","title":"Full Text PDF","url":"https://example.org/a/long/address/of/an/article/%d.pdf","accessDate":"2026-01-01T00:00:00Z","contentType":"application/pdf","filename":"Scholar - 1999 - A study of the things that a title has.pdf","md5":"d41d8cd98f00b204e9800998ecf8427e","mtime":1234567890123`, key("WRK"), i))
	note := data(key("NTE"), fmt.Sprintf(`"parentItem":%q,"itemType":"note","note":"<p>%s</p>"`, key("WRK"), strings.Repeat("A note has some <b>words</b>. ", 10)))
	return []byte("[" + work + "," + file + "," + note + "]")
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestALibraryTakesNoMoreThanItWeighs: the bound on memory is one only if the
// estimate is no less than what a library takes, searched once.
func TestALibraryTakesNoMoreThanItWeighs(t *testing.T) {
	const works = 600
	before := heap()
	objects := make(map[string]*Object, 3*works)
	weight := uint64(0)
	in := &interner{}
	for i := range works {
		list, err := decodeList[Object](typical(i))
		if err != nil || len(list) != 3 {
			t.Fatal(len(list), err)
		}
		in.slim(list)
		for n := range list {
			objects[list[n].Key] = &list[n]
			weight += weigh(&list[n])
		}
	}
	s := &snapshot{objects: objects}
	s.works, s.byKey = worksOf(library.UserID(1), objects, nil)
	for _, w := range s.works {
		w.parts()
	}
	in = nil
	took := heap() - before
	t.Logf("%d items take %d bytes each and weigh %d: 50,000 take %d MB", len(objects), took/uint64(len(objects)), weight/uint64(len(objects)), took/uint64(len(objects))*50_000>>20)
	if took > weight || took < weight/2 {
		t.Errorf("%d items take %d bytes, and weigh %d", len(objects), took, weight)
	}
	runtime.KeepAlive(s)
}
