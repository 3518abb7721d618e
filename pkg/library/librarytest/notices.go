package librarytest

import (
	"context"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// CheckNotices checks that each answer of a library that holds [Works] has a
// notice with these words. A library whose upstream does not answer must say how
// old its state is, however it is asked.
func CheckNotices(t *testing.T, r library.Reader, words string) {
	t.Helper()
	ctx, key := t.Context(), find(t, r, TitleLight).ID.Key
	answers := map[string]func(context.Context) (string, error){
		"Info": func(ctx context.Context) (string, error) { info, err := r.Info(ctx); return info.Notice, err },
		"Search": func(ctx context.Context) (string, error) {
			return noticeOf(r.Search(ctx, library.Query{Text: "light", Limit: 1}))
		},
		"Items": func(ctx context.Context) (string, error) { return noticeOf(r.Items(ctx, []string{key})) },
		"Text": func(ctx context.Context) (string, error) {
			text, err := r.Text(ctx, key, library.TextQuery{})
			return text.Notice, err
		},
		"Passages": func(ctx context.Context) (string, error) {
			return noticeOf(r.Passages(ctx, key, library.PassageQuery{Question: "whiteness", Limit: 1}))
		},
		"Collections": func(ctx context.Context) (string, error) { return noticeOf(r.Collections(ctx)) },
		"Tags":        func(ctx context.Context) (string, error) { return noticeOf(r.Tags(ctx, library.TagQuery{Limit: 1})) },
		"Changes": func(ctx context.Context) (string, error) {
			return noticeOf(r.Changes(ctx, library.ChangeQuery{Limit: 1}))
		},
	}
	if w, ok := r.(library.Whole); ok {
		answers["Each"] = func(ctx context.Context) (string, error) {
			return noticeOf(w.Each(ctx, func(*library.Item) error { return nil }))
		}
	}
	if w, ok := r.(library.Counted); ok {
		answers["Counts"] = func(ctx context.Context) (string, error) {
			counts, err := w.Counts(ctx, library.Query{Limit: 1})
			return counts.Notice, err
		}
	}
	for name, ask := range answers {
		if notice, err := ask(ctx); err != nil || !strings.Contains(notice, words) {
			t.Errorf("%s: notice %q, want %q in it, %v", name, notice, words, err)
		}
	}
}

func noticeOf[T any](page library.Page[T], err error) (string, error) { return page.Notice, err }
