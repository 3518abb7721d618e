package tool

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// filter is the arguments that choose works, shared by the tools that take them.
type filter struct {
	Query      string
	Library    string
	Collection string
	Tags       []string
	TagsAny    []string
	TagsNone   []string
	ItemType   []string
	Creator    string
	YearFrom   int
	YearTo     int
	AddedSince string
}

// filterFields declares the arguments of a filter but for the query. Only search
// describes them: every conversation reads the schemas.
func filterFields[In any](described bool, at func(*In) *filter) []field[In] {
	fields := []field[In]{
		name(libraryName, "ID or name; default all", func(in *In) *string { return &at(in).Library }),
		name(collectionName, "key, name or path A/B", func(in *In) *string { return &at(in).Collection }),
		tags("tags", "has all of these", func(in *In) *[]string { return &at(in).Tags }),
		tags("tags_any", "", func(in *In) *[]string { return &at(in).TagsAny }),
		tags("tags_none", "", func(in *In) *[]string { return &at(in).TagsNone }),
		tags("item_type", "as journalArticle, book", func(in *In) *[]string { return &at(in).ItemType }),
		name("creator", "", func(in *In) *string { return &at(in).Creator }),
		year("year_from", func(in *In) *int { return &at(in).YearFrom }),
		year("year_to", func(in *In) *int { return &at(in).YearTo }),
		name(addedSinceName, "date, time or age as 7d", func(in *In) *string { return &at(in).AddedSince }),
	}
	for i := range fields {
		if !described {
			fields[i].description = ""
		}
	}
	return fields
}

// empty reports whether the filter chooses no works: no argument is given.
func (f *filter) empty() bool {
	return f.Query == "" && f.Library == "" && f.Collection == "" && f.Creator == "" && f.AddedSince == "" &&
		f.YearFrom == 0 && f.YearTo == 0 && len(f.Tags)+len(f.TagsAny)+len(f.TagsNone)+len(f.ItemType) == 0
}

// Bounds of a query and of a question to one work, in characters.
const (
	maxQueryChars    = 8_000
	maxQuestionChars = 1_000
)

const addedSinceName = "added_since"

// The arguments that take a library's own names; they complete.
const (
	libraryName    = "library"
	collectionName = "collection"
	tagName        = "tag"
)

// query returns the question that the filter asks of a library in which its
// collection has this key. An age counts back from now.
func (f *filter) query(collection string, now time.Time) (library.Query, error) {
	q := library.Query{
		Collection: collection, Creator: f.Creator, YearFrom: f.YearFrom, YearTo: f.YearTo,
		TagsAll: f.Tags, TagsAny: f.TagsAny, TagsNone: f.TagsNone,
	}
	q.Text, q.HasText = question.WithoutHasText(f.Query)
	if f.YearFrom != 0 && f.YearTo != 0 && f.YearFrom > f.YearTo {
		return q, library.Errorf(library.Invalid, "argument %q is later than %q", "year_from", "year_to")
	}
	var err error
	if q.AddedSince, err = sinceTime(addedSinceName, f.AddedSince, now); err != nil {
		return q, err
	}
	for _, s := range f.ItemType {
		t, ok := itemType(s)
		if !ok {
			return q, library.Errorf(library.Invalid, "argument %q has a type that does not exist", "item_type").
				WithHint("the types are %s", strings.Join(itemTypes[:], ", "))
		}
		q.ItemTypes = append(q.ItemTypes, t)
	}
	return q, nil
}

// itemTypes are Zotero's types of works (https://api.zotero.org/schema).
var itemTypes = [...]string{
	"artwork", "audioRecording", "bill", "blogPost", "book", "bookSection", "case", "computerProgram",
	"conferencePaper", "dataset", "dictionaryEntry", "document", "email", "encyclopediaArticle", "film",
	"forumPost", "hearing", "instantMessage", "interview", "journalArticle", "letter", "magazineArticle",
	"manuscript", "map", "newspaperArticle", "patent", "podcast", "preprint", "presentation", "radioBroadcast",
	"report", "standard", "statute", "thesis", "tvBroadcast", "videoRecording", "webpage",
}

// ItemTypes returns the values of the argument item_type.
func ItemTypes() []string { return slices.Clone(itemTypes[:]) }

// itemType returns the type that s means: "Journal article" is journalArticle.
func itemType(s string) (string, bool) {
	s = strings.NewReplacer(" ", "", "-", "", "_", "").Replace(s)
	at := slices.IndexFunc(itemTypes[:], func(t string) bool { return strings.EqualFold(t, s) })
	if at < 0 {
		return "", false
	}
	return itemTypes[at], true
}

// narrow resolves the collection argument among the libraries of a listing.
// With a collection there is one portion left: that of the library that has it.
func (c *call) narrow(ctx context.Context, all []portion, collection string) ([]portion, string, error) {
	if collection == "" {
		return all, "", nil
	}
	found := make([][]string, len(all))
	failed := make([]error, len(all))
	each(len(all), func(i int) {
		found[i], failed[i] = c.collections(ctx, all[i].lib.ID, collection)
	})
	var one []portion
	var key string
	var candidates []string
	for i := range all {
		for _, k := range found[i] {
			one, key = all[i:i+1], k
			candidates = append(candidates, string(all[i].lib.ID)+" "+k)
		}
	}
	switch {
	case len(candidates) == 1:
		return one, key, nil
	case len(candidates) > 1:
		return nil, "", library.Errorf(library.Invalid, "argument %q names more than one collection: %s", collectionName, enumerate(candidates)).
			WithHint("use one of these keys, with its library")
	}
	for _, err := range failed {
		if err != nil {
			return nil, "", err
		}
	}
	return nil, "", library.Errorf(library.NotFound, "no collection has the key, name or path in argument %q", collectionName).
		WithHint("list_collections shows the tree")
}

// collections returns the keys of the collections that the name may mean: the
// one of that key, else those of that path, else those whose path ends so, else
// the one of that key in capitals.
func (c *call) collections(ctx context.Context, id library.ID, name string) ([]string, error) {
	r, err := c.reader(ctx, id)
	if err != nil {
		return nil, err
	}
	page, err := r.Collections(ctx)
	if err != nil {
		return nil, err
	}
	has := func(key string) bool {
		return slices.ContainsFunc(page.Items, func(c library.Collection) bool { return c.Key == key })
	}
	if has(name) {
		return []string{name}, nil
	}
	want := foldedPath(name)
	var exact, ending []string
	for _, n := range tree(page.Items) {
		switch path := foldedPath(n.path); {
		case path == want:
			exact = append(exact, n.Key)
		case strings.HasSuffix(path, "/"+want):
			ending = append(ending, n.Key)
		}
	}
	upper := strings.ToUpper(name)
	switch {
	case len(exact) > 0:
		return exact, nil
	case len(ending) == 0 && has(upper):
		return []string{upper}, nil
	}
	return ending, nil
}

// foldedPath returns a collection's path in the form in which paths compare.
func foldedPath(path string) string {
	names := strings.Split(path, "/")
	for i, s := range names {
		names[i] = plaintext.FoldCase(plaintext.Line(s))
	}
	return strings.Trim(strings.Join(names, "/"), "/")
}
