package shelf

// maxListed is how many merges and how many problems a report lists. The
// counts beside the lists are always whole.
const maxListed = 1000

// Report says what became of the works of an import. Every work that was read
// is counted in exactly one of Added, Updated, Unchanged, Merged and Failed.
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

	Merges       []Merge   `json:"merges"` // the first 1,000 of Merged
	Problems     []Problem `json:"problems"`
	ProblemCount int       `json:"problem_count"` // Problems lists the first 1,000
}

// Merge says that two works of one import are the same work.
type Merge struct {
	Key    string `json:"key"`    // of the work in the library
	Origin string `json:"origin"` // where the later one came from
	Into   string `json:"into"`   // where the first one came from
	By     string `json:"by"`     // what they share: "doi", "isbn", "arxiv", "pmid", "citekey", "content" or "entry"
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
