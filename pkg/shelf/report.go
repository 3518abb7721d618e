package shelf

import "github.com/stackroom-mcp/stackroom/pkg/library"

// maxListed is how many merges and how many problems a report lists. The
// counts beside the lists are always whole.
const maxListed = 1000

// Report says what became of the works of an import. Every work that was read
// is counted in exactly one of Added, Updated, Unchanged, Merged and Failed. A
// work is also counted in Updated if a source no longer has it, another one does,
// and it is not as it was.
type Report struct {
	DryRun bool `json:"dry_run,omitempty"`
	// Version is the library's version after the import. An import that
	// changes nothing leaves it as it was.
	Version int64 `json:"version"`
	// Items is how many works the library has after the import.
	Items int `json:"items"`

	Read      int `json:"read"`
	Added     int `json:"added"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	// Merged is how many works were found to be the same as an earlier one of
	// this import, and were put together with it.
	Merged int `json:"merged"`
	// Failed is how many works could not be taken; Problems says why.
	Failed int `json:"failed"`
	// Removed is how many works no source has any more.
	Removed int `json:"removed"`
	// Kept is how many works stay although a source no longer has them.
	Kept int `json:"kept"`
	// Trashed is how many works of the sources are in the trash and stay there. They
	// are counted among the unchanged ones too.
	Trashed int `json:"trashed"`

	Sources []SourceReport `json:"sources"`
	Merges  []Merge        `json:"merges"` // the first 1,000 of Merged
	// Works lists works that were added, updated, removed, kept or are in the trash,
	// the first 1,000.
	Works []WorkReport `json:"works"`
	// KeyClashes lists works that could not have the citation key that their
	// source gives them, the first 1,000 of KeyClashCount.
	KeyClashes    []KeyClash `json:"key_clashes"`
	KeyClashCount int        `json:"key_clash_count"`
	// Overruled lists works in which a change by a caller gave way to what a source now
	// says, the first 1,000 of OverruledCount.
	Overruled      []Overruled `json:"overruled"`
	OverruledCount int         `json:"overruled_count"`
	Problems       []Problem   `json:"problems"`
	ProblemCount   int         `json:"problem_count"` // Problems lists the first 1,000
}

// SourceReport says what became of a source.
type SourceReport struct {
	ID    string `json:"id"`
	Read  int    `json:"read"`  // works that it told of, duplicates too
	Works int    `json:"works"` // that it has now
	// Dropped is how many works it had and no longer has; Kept is how many of
	// those it still counts as its own.
	Dropped int `json:"dropped"`
	Kept    int `json:"kept"`
}

// Outcome is what became of a work.
type Outcome string

// The outcomes.
const (
	Added   Outcome = "added"
	Updated Outcome = "updated"
	Removed Outcome = "removed"
	Kept    Outcome = "kept"
	Trashed Outcome = "trashed"
)

// WorkReport says what became of a work.
type WorkReport struct {
	Outcome     Outcome `json:"outcome"`
	Key         string  `json:"key"` // of the work in the library
	CitationKey string  `json:"citation_key"`
	Title       string  `json:"title"`
	Origin      string  `json:"origin"` // where it came from; of one that is gone, the source
}

// KeyClash says that a work has another citation key than its source gives it,
// because another work has that one.
type KeyClash struct {
	Key    string `json:"key"`    // that both claim
	Title  string `json:"title"`  // of the work that did not get it
	Origin string `json:"origin"` // where that work came from
	Got    string `json:"got"`    // its citation key
	Holder string `json:"holder"` // the title of the work that has the key
}

// Overruled says which fields of a work had been changed by a caller and now are as a
// source has them.
type Overruled struct {
	Key    string   `json:"key"` // of the work in the library
	Title  string   `json:"title"`
	Origin string   `json:"origin"` // where the work came from
	Fields []string `json:"fields"`
}

// Merge says that two works of one import are the same work.
type Merge struct {
	Key    string `json:"key"`    // of the work in the library
	Origin string `json:"origin"` // where the later one came from
	Into   string `json:"into"`   // where the first one came from
	By     string `json:"by"`     // what they share: "doi", "isbn", "arxiv", "pmid", "citekey", "content", "file", "title", "entry" or "source"
	// Replaced are the fields in which they differ; the later one's values
	// were kept.
	Replaced []string `json:"replaced,omitempty"`
}

// Problem says what of a work could not be taken, or why none of it.
type Problem struct {
	Origin string `json:"origin"`
	Reason string `json:"reason"` // in our words
	Failed bool   `json:"failed"` // the whole work was left out
}

func (r *Report) problem(p Problem) {
	r.ProblemCount++
	if p.Failed {
		r.Failed++
	}
	if len(r.Problems) < maxListed {
		r.Problems = append(r.Problems, p)
	}
}

func (r *Report) merge(m Merge) {
	r.Merged++
	if len(r.Merges) < maxListed {
		r.Merges = append(r.Merges, m)
	}
}

func (r *Report) work(o Outcome, it *library.Item, origin string) {
	if len(r.Works) < maxListed {
		r.Works = append(r.Works, WorkReport{o, it.ID.Key, it.CitationKey, it.Title(), origin})
	}
}

func (r *Report) overruled(o Overruled) {
	if r.OverruledCount++; len(r.Overruled) < maxListed {
		r.Overruled = append(r.Overruled, o)
	}
}

func (r *Report) clash(c KeyClash) {
	if r.KeyClashCount++; len(r.KeyClashes) < maxListed {
		r.KeyClashes = append(r.KeyClashes, c)
	}
}
