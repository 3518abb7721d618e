package webpage

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func read(t *testing.T, page string) *library.Item {
	t.Helper()
	it, err := Read([]byte(page), "text/html; charset=utf-8")
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// line is an item in one line: type, authors, and the fields.
func line(it *library.Item) string {
	var people []string
	for _, c := range it.Creators {
		people = append(people, c.Sortable())
	}
	var fields []string
	for _, name := range []string{"title", "date", "publicationTitle", "proceedingsTitle", "bookTitle", "blogTitle", "websiteTitle", "volume", "issue", "pages", "DOI", "ISBN", "ISSN", "publisher", "university", "institution", "language"} {
		if v := it.Field(name); v != "" {
			fields = append(fields, name+"="+v)
		}
	}
	return it.Type + " | " + strings.Join(people, "; ") + " | " + strings.Join(fields, ", ")
}

func TestRead(t *testing.T) {
	for name, tt := range map[string]struct{ page, want string }{
		"Highwire": {`<title>Tides | Journal</title><meta name="citation_title" content="Tides at night &amp; day"><meta name="Citation_Author" content="Lovelace, Ada"><meta name="citation_author" content="Charles Babbage">
			<meta name="citation_journal_title" content="Journal of Tides"><meta name="citation_publication_date" content="1840/3/5"><meta name="citation_volume" content="7"><meta name="citation_issue" content="2">
			<meta name="citation_firstpage" content="11"><meta name="citation_lastpage" content="19"><meta name="citation_doi" content="https://doi.org/10.5555/TIDES"><meta name="citation_publisher" content="Shore Press"><meta property="og:title" content="Other">`,
			"journalArticle | Lovelace, Ada; Charles Babbage | title=Tides at night & day, date=1840-03-05, publicationTitle=Journal of Tides, volume=7, issue=2, pages=11-19, DOI=10.5555/tides, publisher=Shore Press"},
		"conference": {`<meta name="citation_title" content="A"><meta name="citation_conference_title" content="Proc. of Tides"><meta name="citation_authors" content="Lovelace, Ada; Babbage, C.">`,
			"conferencePaper | Lovelace, Ada; Babbage, C. | title=A, proceedingsTitle=Proc. of Tides"},
		"chapter": {`<meta name="citation_title" content="A"><meta name="citation_inbook_title" content="Handbook"><meta name="citation_isbn" content="9780306406157">`,
			"bookSection |  | title=A, bookTitle=Handbook, ISBN=9780306406157"},
		"book":   {`<meta name="citation_title" content="A"><meta name="citation_isbn" content="9780306406157">`, "book |  | title=A, ISBN=9780306406157"},
		"thesis": {`<meta name="citation_title" content="A"><meta name="citation_dissertation_institution" content="Uni">`, "thesis |  | title=A, university=Uni"},
		"report": {`<meta name="citation_title" content="A"><meta name="citation_technical_report_institution" content="Lab">`, "report |  | title=A, institution=Lab"},
		"JSON-LD": {`<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"WebPage","name":"Page"},{"@type":["NewsArticle"],"headline":"Storm hits coast","datePublished":"2021-02-03T10:00:00Z",
			"author":[{"@type":"Person","name":"Ada Lovelace"},{"@type":"Person","givenName":"Charles","familyName":"Babbage"}],"publisher":{"@type":"Organization","name":"The Daily Tide"}}]}</script><title>x</title>`,
			"newspaperArticle | Ada Lovelace; Babbage, Charles | title=Storm hits coast, date=2021-02-03, publicationTitle=The Daily Tide"},
		"JSON-LD with an issue": {`<script type="application/LD+json">[{"@type":"ScholarlyArticle","name":"A","author":"Ada Lovelace","pageStart":"1","pageEnd":9,"sameAs":"https://doi.org/10.5555/x",
			"isPartOf":{"@type":"PublicationIssue","issueNumber":"2","isPartOf":{"@type":["PublicationVolume","Periodical"],"volumeNumber":7,"name":"Journal of Tides","issn":"1234-5679"}}}]</script>`,
			"journalArticle | Ada Lovelace | title=A, publicationTitle=Journal of Tides, volume=7, issue=2, pages=1-9, DOI=10.5555/x, ISSN=1234-5679"},
		"Dublin Core": {`<meta name="DC.Title" content="A"><meta name="DC.Creator" content="Lovelace, Ada"><meta name="DCTERMS.issued" content="1840"><meta name="dc.identifier" content="urn:x"><meta name="dc.identifier" content="doi:10.5555/x"><meta name="dc.language" content="en">`,
			"webpage | Lovelace, Ada | title=A, date=1840, DOI=10.5555/x, language=en"},
		"OpenGraph": {`<title>A - Site</title><meta property="og:title" content="A"><meta property="og:site_name" content="Site"><meta property="article:author" content="https://facebook.com/ada"><meta property="article:published_time" content="2020-01-02 03:04">`,
			"webpage |  | title=A, date=2020-01-02, websiteTitle=Site"},
		"a title with its site":     {`<title>On ice &#8211; Site</title><meta property="og:site_name" content="Site">`, "webpage |  | title=On ice, websiteTitle=Site"},
		"a title that is a site":    {`<title>Site</title><meta property="og:site_name" content="Site">`, "webpage |  | title=Site, websiteTitle=Site"},
		"a title with a word of it": {`<title>MySite</title><meta property="og:site_name" content="Site">`, "webpage |  | title=MySite, websiteTitle=Site"},
		"a title alone": {`<html><head><title> On <b>ice</b>
			and &lt;i&gt;snow&lt;/i&gt; </title>`, "webpage |  | title=On ice and snow"},
		"broken JSON-LD": {`<script type="application/ld+json">{"@type":"Book",</script><title>A</title>`, "webpage |  | title=A"},
		"strange JSON-LD": {`<script type="application/ld+json">{"@type":[5,null,["Book"]],"name":{"@value":"A"},"author":{"name":7}}</script><script type="application/ld+json">"x"</script>
			<script type="application/ld+json">{"@type":"Book","name":["B"],"author":[null,{"name":"Ada"}],"isPartOf":[[]]}</script>`, "book | Ada | title=B"},
		"a script of the page": {`<script>document.title="B"; var s='<meta name="citation_title" content="C">'</script><title>A</title>`, "webpage |  | title=A"},
		"two titles":           {`<title>A</title><svg><title>icon</title></svg>`, "webpage |  | title=A"},
		"empty tags":           {`<meta><meta name=citation_title><meta content=x><meta name="citation_title" content=" "><title>A</title>`, "webpage |  | title=A"},
	} {
		if got := line(read(t, tt.page)); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
	}
}

func TestRead_Encodings(t *testing.T) {
	latin, _ := charmap.ISO8859_1.NewEncoder().String(`<meta charset="iso-8859-1"><title>Übermäßig</title>`)
	shift, _ := japanese.ShiftJIS.NewEncoder().String(`<title>日本語の題</title>`)
	for name, tt := range map[string]struct{ page, contentType, want string }{
		"in the page":        {latin, "text/html", "Übermäßig"},
		"in the header":      {shift, "text/html; charset=Shift_JIS", "日本語の題"},
		"the header decides": {`<meta charset="iso-8859-1"><title>Übermäßig</title>`, "text/html; charset=utf-8", "Übermäßig"},
		"unknown":            {`<title>Plain</title>`, "text/html; charset=klingon", "Plain"},
		"a mark":             {"\ufeff<title>Übermäßig</title>", "text/html; charset=iso-8859-1", "Übermäßig"},
		"invalid bytes":      {"<title>A\xff\xfeB\x00</title>", "text/html; charset=utf-8", "A\ufffd\ufffdB\ufffd"},
	} {
		it, err := Read([]byte(tt.page), tt.contentType)
		if err != nil || it.Title() != tt.want {
			t.Errorf("%s: %q, %v, want %q", name, it.Title(), err, tt.want)
		}
	}
}

func TestRead_Bounds(t *testing.T) {
	many := strings.Repeat(`<meta name="citation_author" content="Doe, Jane">`, 3*maxTags)
	if it := read(t, `<title>A</title>`+many); len(it.Creators) != MaxPeople {
		t.Errorf("%d people", len(it.Creators))
	}
	if it := read(t, `<title>A</title><meta name="og:title" content="`+strings.Repeat("long ", maxToken/4)+`">`); it.Title() != "A" {
		t.Errorf("title %.40q", it.Title())
	}
	if it := read(t, `<meta name="citation_title" content="`+strings.Repeat("x", 3*maxValue)+`">`); len(it.Title()) != maxValue {
		t.Errorf("a title of %d characters", len(it.Title()))
	}
	deep := strings.Repeat(`{"@graph":[`, 5_000) + strings.Repeat(`]}`, 5_000)
	if it := read(t, `<title>A</title><script type="application/ld+json">`+deep+`</script>`); it.Title() != "A" {
		t.Errorf("title %q", it.Title())
	}
	for _, page := range []string{"", " ", "<html><body><div id=root></div><script>render()</script>"} {
		if _, err := Read([]byte(page), "text/html"); library.CodeOf(err) != library.Invalid || !strings.Contains(library.AsError(err).Hint, "scripts") {
			t.Errorf("%q: %v", page, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{`<meta name="citation_title" content="A">`, `<script type="application/ld+json">{"@graph":[{"@type":"Book","name":"A","author":[{"name":"B"}]}]}</script>`, "<title>A</title>", "\xff\xfe<\x00t\x00", "<script type=application/ld+json>", `<meta charset=utf-7>`} {
		f.Add(s, "text/html")
	}
	f.Fuzz(func(t *testing.T, page, contentType string) {
		it, err := Read([]byte(page), contentType)
		if err != nil {
			return
		}
		if it.Title() == "" {
			t.Error("no title and no error")
		}
		for name, v := range it.Fields {
			if len([]rune(v)) > 2*maxValue+1 || strings.ContainsAny(v, "\n\x00") {
				t.Errorf("%s is %.80q", name, v)
			}
		}
	})
}

// site is a host of pages, and a fetcher that reaches no other.
func site(t *testing.T, pages map[string]http.HandlerFunc) (string, *Fetcher) {
	t.Helper()
	mux := http.NewServeMux()
	for path, h := range pages {
		mux.HandleFunc(path, h)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL, New(s.Client().Transport, "stackroom/test")
}

func page(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, body)
	}
}

func TestFetcher_Item(t *testing.T) {
	var got http.Header
	address, f := site(t, map[string]http.HandlerFunc{
		"/work": func(w http.ResponseWriter, r *http.Request) {
			got = r.Header
			page("<title>A work</title>")(w, r)
		},
		"/moved": func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			http.Redirect(w, r, "/work", http.StatusFound)
		},
	})
	for _, path := range []string{"/work#part", "/moved"} {
		it, err := f.Item(t.Context(), address+path)
		if err != nil || it.Title() != "A work" || it.Field("url") != strings.TrimSuffix(address+path, "#part") {
			t.Errorf("%s: %+v, %v", path, it, err)
		}
		if got.Get("Referer")+got.Get("Cookie") != "" || got.Get("User-Agent") != "stackroom/test" {
			t.Errorf("%s: headers %v", path, got)
		}
	}
}

func TestFetcher_Failures(t *testing.T) {
	left := make(chan struct{})
	address, f := site(t, map[string]http.HandlerFunc{
		"/gone":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) },
		"/broken":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"/forbidden": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"/pdf": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/pdf")
			_, _ = io.WriteString(w, "%PDF-1.7")
		},
		"/untyped": func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = []string{""} },
		"/cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "<title>A</ti")
		},
		"/empty":  page(""),
		"/script": page("<script>render()</script>"),
		"/loop":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) },
		"/file": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		},
		"/user": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://a:b@"+r.Host+"/script", http.StatusFound)
		},
		"/slow": func(http.ResponseWriter, *http.Request) { <-left },
	})
	defer close(left)
	for path, want := range map[string]library.Code{
		"/none": library.NotFound, "/gone": library.NotFound, "/broken": library.Unavailable, "/forbidden": library.Unavailable, "/pdf": library.Invalid, "/untyped": library.Invalid,
		"/cut": library.Unavailable, "/empty": library.Invalid, "/script": library.Invalid, "/loop": library.Unavailable, "/file": library.Unavailable, "/user": library.Unavailable, "/slow": library.Unavailable,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		if _, err := f.Item(ctx, address+path); library.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		} else if e := library.AsError(err); e.Cause != nil && strings.Contains(e.Cause.Error(), address+path) {
			t.Errorf("%s: its cause names the address: %v", path, e.Cause)
		}
		cancel()
	}
	for _, address := range []string{"", "a", "ftp://example.org/", "file:///etc/passwd", "https://", "https://u@example.org/", "javascript:alert(1)", "//example.org/", "https://example.org/" + strings.Repeat("a", maxAddress), "https://exa mple.org/"} {
		if _, err := f.Item(t.Context(), address); library.CodeOf(err) != library.Invalid {
			t.Errorf("%.40s: %v", address, err)
		}
	}
}

// A page that does not end is read up to the bound.
func TestFetcher_HugePages(t *testing.T) {
	sent := make(chan int, 1)
	address, f := site(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
		n := 0
		defer func() { sent <- n }()
		page("<title>A work</title>")(w, r)
		for filler := strings.Repeat("<p>filler ", 1000); n < 64*maxPage && r.Context().Err() == nil; n += len(filler) {
			if _, err := io.WriteString(w, filler); err != nil {
				return
			}
		}
	}})
	it, err := f.Item(t.Context(), address)
	if err != nil || it.Title() != "A work" {
		t.Fatalf("%+v, %v", it, err)
	}
	if n := <-sent; n > 16*maxPage {
		t.Errorf("%d bytes were taken", n)
	}
}

// A page can redirect where no caller may: the transport refuses the address.
func TestFetcher_PublicAddressesOnly(t *testing.T) {
	asked := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer inside.Close()
	f := New(NewTransport(), "stackroom/test")
	for _, address := range []string{inside.URL, "http://127.0.0.1/", "https://localhost/", "http://[::1]/", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://0x7f000001/", "http://2130706433/", "http://[::ffff:127.0.0.1]/", "http://100.100.100.200/"} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		if _, err := f.Item(ctx, address); library.CodeOf(err) != library.Unavailable || ctx.Err() != nil {
			t.Errorf("%s: %v", address, err)
		}
		cancel()
	}
	redirecting := &http.Client{Transport: mixed{f.http.Transport}, CheckRedirect: redirect}
	f.http = redirecting
	for _, to := range []string{inside.URL, "http://169.254.169.254/computeMetadata/v1/"} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		if _, err := f.Item(ctx, "http://outside.example/?to="+to); library.CodeOf(err) != library.Unavailable || ctx.Err() != nil {
			t.Errorf("redirected to %s: %v", to, err)
		}
		cancel()
	}
	if asked {
		t.Error("a private host was asked")
	}
}

// mixed answers for outside.example with a redirect; other hosts go to the transport.
type mixed struct{ http.RoundTripper }

func (m mixed) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "outside.example" {
		return m.RoundTripper.RoundTrip(r)
	}
	return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {r.URL.Query().Get("to")}}, Body: http.NoBody, Request: r}, nil
}

func TestRedirect_Bounds(t *testing.T) {
	hop := func(address string) *http.Request {
		r, _ := http.NewRequest(http.MethodGet, address, nil)
		return r
	}
	secure, plain := hop("https://example.org/"), hop("http://example.org/")
	long := make([]*http.Request, maxRedirects+1)
	for i := range long {
		long[i] = secure
	}
	for name, tt := range map[string]struct {
		to   *http.Request
		via  []*http.Request
		fine bool
	}{
		"to https": {secure, []*http.Request{plain}, true}, "stays": {plain, []*http.Request{plain}, true}, "to http": {plain, []*http.Request{secure}, false},
		"the last": {secure, long[:maxRedirects], true}, "one more": {secure, long, false},
	} {
		if err := redirect(tt.to, tt.via); (err == nil) != tt.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}
