package replica_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/replicatest"
)

// shelfful returns a library of n works with a text each, of so many characters.
func shelfful(n, chars int) *replicatest.Library {
	up := replicatest.New()
	for i := range n {
		it := work(fmt.Sprintf("Volume %d", i))
		it.Added = it.Added.AddDate(0, 0, i)
		up.PutWork(fmt.Sprintf("WORK%04d", i), it)
		file := fmt.Sprintf("FILE%04d", i)
		up.PutAttachment(file, fmt.Sprintf("WORK%04d", i), library.Attachment{Title: "PDF"})
		up.PutText(file, pages(fmt.Sprintf("word%d ", i)+strings.Repeat("x", chars)))
	}
	up.PutAttachment("FILENONE", "WORK0000", library.Attachment{Title: "Without text"})
	return up
}

func TestTexts_NewestFirst(t *testing.T) {
	t.Parallel()
	up := shelfful(20, 100)
	var mu sync.Mutex
	var seen []int64
	src := &replicatest.Source{Library: up}
	gate := make(chan struct{})
	src.Hook = func(_ context.Context, request string) error {
		if request == "Text" {
			mu.Lock()
			seen = append(seen, int64(src.Calls("Text")))
			n := len(seen)
			mu.Unlock()
			if n == 6 {
				<-gate
			}
		}
		return nil
	}
	rs := newReplicas(t, replica.Options{})
	r := rs.Open(opening(src))
	complete(t, r)
	eventually(t, "five texts", func() bool { return src.Calls("Text") == 6 })
	page, err := r.Search(t.Context(), library.Query{Text: "volume", Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	contains(t, "notice", page.Notice, "the texts of", "of 20 files are searched so far")
	if strings.Contains(page.Notice, "left out") {
		t.Errorf("notice %q", page.Notice)
	}
	text, err := r.Text(t.Context(), "WORK0003", library.TextQuery{Limit: 5})
	if err != nil || text.Pages[0].Text != "word3" {
		t.Errorf("on demand: %+v, %v", text, err)
	}
	close(gate)
	withTexts(t, rs, 20)
	page, err = r.Search(t.Context(), library.Query{Text: "word19", Limit: 5})
	if err != nil || page.Total != 1 || page.Notice != "" {
		t.Errorf("%d works, notice %q, %v", page.Total, page.Notice, err)
	}
	equal(t, up, r)
	if n := src.Calls("Text"); n > 22 {
		t.Errorf("%d texts were read for 20 files", n)
	}
}

func TestTexts_KeepToTheirBudget(t *testing.T) {
	t.Parallel()
	up := shelfful(20, 1000)
	src := &replicatest.Source{Library: up}
	dir := t.TempDir()
	rs := replica.New(replica.Options{Dir: dir, TextBytes: 5000, Fresh: time.Nanosecond, Patience: 5 * time.Second})
	r := rs.Open(opening(src))
	complete(t, r)
	eventually(t, "five texts", func() bool { return rs.State()[0].Texts == 5 })
	page, err := r.Search(t.Context(), library.Query{Text: "word19", Limit: 5})
	if err != nil || page.Total != 1 {
		t.Errorf("the newest text is found %d times, %v", page.Total, err)
	}
	contains(t, "notice", page.Notice, "the texts of 5 of 20 files")
	limited := library.Query{HasText: true, Limit: 10}
	page, err = r.Search(t.Context(), limited)
	if err != nil || page.Total != 5 || len(page.Items) != 5 {
		t.Errorf("%d works with text, %v", page.Total, err)
	}
	contains(t, "notice", page.Notice, "the texts of 5 of 20 files are searched so far, and works without one of these are left out")
	if counts, err := r.(library.Counted).Counts(t.Context(), limited); err != nil || counts.Works != 5 || counts.Notice != page.Notice {
		t.Errorf("counts %+v, %v", counts, err)
	}
	for _, q := range []library.Query{{Limit: 1}, {Limit: 1, ItemTypes: []string{"book"}}} {
		if page, err := r.Search(t.Context(), q); err != nil || page.Notice != "" {
			t.Errorf("%+v depends on no text: %q, %v", q, page.Notice, err)
		}
	}
	page, err = r.Search(t.Context(), library.Query{Text: "word2", Limit: 5})
	if err != nil || page.Total != 0 {
		t.Errorf("an old text is found %d times, %v", page.Total, err)
	}
	text, err := r.Text(t.Context(), "WORK0002", library.TextQuery{Limit: 5})
	if err != nil || text.Pages[0].Text != "word2" {
		t.Errorf("on demand: %+v, %v", text, err)
	}
	if page, err = r.Search(t.Context(), limited); err != nil || page.Total != 6 {
		t.Errorf("%d works with text after one more was read, %v", page.Total, err)
	}
	if err := rs.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	more := newReplicas(t, replica.Options{Dir: dir})
	complete(t, more.Open(opening(src)))
	withTexts(t, more, 20) // with a larger budget the rest is read
	if n := src.Calls("Text"); n > 21 {
		t.Errorf("%d texts were read for 20 files", n)
	}
}

// A text that can't be read does not keep the others from being read.
func TestTexts_SkipFailures(t *testing.T) {
	t.Parallel()
	up := shelfful(6, 10)
	src := &replicatest.Source{Library: up}
	src.Hook = func(_ context.Context, request string) error {
		if request == "Text" && src.Calls("Text")%2 == 1 {
			return library.Errorf(library.Unavailable, "no")
		}
		return nil
	}
	inBubble(t, func(t *testing.T) {
		rs := newReplicas(t, replica.Options{})
		complete(t, rs.Open(opening(src)))
		eventuallyIn(t, "all texts", func() bool { return rs.State()[0].Texts == 6 })
	})
}

// A text that is not held is answered, though not kept, while the replica can't be
// written because its library is read again.
func TestTexts_AnsweredWhileTheLibraryIsReadAgain(t *testing.T) {
	t.Parallel()
	up := shelfful(4, 10)
	src := &replicatest.Source{Library: up, Direct: true}
	reading, gate := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(gate) })
	defer release()
	src.Hook = func(_ context.Context, request string) error {
		if request == "All" && src.Calls(request) == 2 {
			close(reading)
			<-gate
		}
		return nil
	}
	r := newReplicas(t, replica.Options{TextBytes: 1}).Open(opening(src))
	complete(t, r)
	up.Reset()
	if _, err := r.Search(t.Context(), library.Query{Text: "volume", Limit: 1}); err != nil {
		t.Fatal(err)
	}
	<-reading
	text, err := r.Text(t.Context(), "WORK0001", library.TextQuery{Limit: 5})
	if err != nil || len(text.Pages) != 1 || text.Pages[0].Text != "word1" {
		t.Errorf("text %+v, %v", text, err)
	}
	contains(t, "notice", text.Notice, "is being read again")
	passages, err := r.Passages(t.Context(), "WORK0002", library.PassageQuery{Question: "word2", Limit: 1})
	if err != nil || len(passages.Items) != 1 {
		t.Errorf("passages %+v, %v", passages, err)
	}
	release()
	present(t, r)
	equal(t, up, r)
}

// A file whose text was removed with its work is read again when that comes back.
func TestTexts_ComeBackWithTheWork(t *testing.T) {
	t.Parallel()
	up := small()
	rs := newReplicas(t, replica.Options{})
	r := rs.Open(opening(&replicatest.Source{Library: up}))
	complete(t, r)
	withTexts(t, rs, 4)
	up.Trash("WORKAAAA")
	if page, err := r.Search(t.Context(), library.Query{Text: `"text of WORKAAAA"`, Limit: 5}); err != nil || page.Total != 0 {
		t.Errorf("in the trash: %d, %v", page.Total, err)
	}
	up.Restore("WORKAAAA")
	eventually(t, "the text is back", func() bool {
		page, err := r.Search(t.Context(), library.Query{Text: `"text of WORKAAAA"`, Limit: 5})
		return err == nil && page.Total == 1
	})
}

// An answer says which texts it lacks before the upstream has been asked for any,
// after a restart and after a change.
func TestTexts_MissingOnesAreTold(t *testing.T) {
	t.Parallel()
	up := shelfful(20, 100)
	dir := t.TempDir()
	src := &replicatest.Source{Library: up}
	// The list of texts is read once, with the library.
	src.Hook = func(_ context.Context, request string) error {
		if request == "Text" || request == "TextVersions" && src.Calls(request) > 1 {
			return library.Errorf(library.Unavailable, "no")
		}
		return nil
	}
	notice := func(r library.Reader) string {
		page, err := r.Search(t.Context(), library.Query{Text: "volume", Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		return page.Notice
	}
	open := func() (*replica.Replicas, library.Reader) {
		rs := replica.New(replica.Options{Dir: dir, Fresh: time.Nanosecond, Patience: 5 * time.Second})
		r := rs.Open(opening(src))
		complete(t, r)
		return rs, r
	}
	end := func(rs *replica.Replicas) {
		if err := rs.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	rs, r := open()
	contains(t, "the notice of a library just read", notice(r), "the texts of 0 of 20 files")
	end(rs)
	rs, r = open()
	contains(t, "the notice after a restart", notice(r), "the texts of 0 of 20 files")
	up.PutAttachment("FILENEW1", "WORK0001", library.Attachment{Title: "PDF"})
	eventually(t, "the new file counts", func() bool { return strings.Contains(notice(r), "of 21 files") })
	end(rs)
}

// TestTexts_ReadsTheBestFileOnDemand asks for the text of a work whose web page is
// older and longer than its two PDFs, before any text is read.
func TestTexts_ReadsTheBestFileOnDemand(t *testing.T) {
	t.Parallel()
	up := small()
	up.PutWork("WORKBEST", work("Landing"))
	for _, f := range []struct{ key, name, kind, text string }{
		{"PAGEBEST", "page.html", "text/html", "Cookies and a menu precede the words, at length."},
		{"SCANBEST", "scan.pdf", "application/pdf", "Cover"},
		{"FILEBEST", "article.pdf", "application/pdf", "The article itself."},
	} {
		up.PutAttachment(f.key, "WORKBEST", library.Attachment{Filename: f.name, ContentType: f.kind})
		up.PutText(f.key, pages(f.text))
	}
	src, _ := held(t, up)
	r := newReplicas(t, replica.Options{Patience: 20 * time.Millisecond}).Open(opening(src))
	text, err := r.Text(t.Context(), "WORKBEST", library.TextQuery{})
	if err != nil || text.Attachment != "FILEBEST" || len(text.Pages) != 1 || text.Pages[0].Text != "The article itself." {
		t.Errorf("%+v, %v", text, err)
	}
	if n := src.Calls("Text"); n != 2 {
		t.Errorf("%d texts are read, want those of the PDFs", n)
	}
}
