package styles

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// alias is the built-in style for another name: those that the official
// repository has for them, and what they are called. It is "" for any other.
func alias(name string) string {
	switch name {
	case "apa-7", "apa-7th-edition", "american-psychological-association":
		return "apa"
	case "mla-9", "modern-language-association", "modern-language-association-9th-edition":
		return "mla"
	case "chicago":
		return "chicago-author-date"
	case "chicago-note", "chicago-notes-bibliography", "chicago-fullnote-bibliography", "turabian":
		return "chicago-notes"
	case "harvard-cite-them-right", "harvard1":
		return "harvard"
	case "nlm", "nlm-citation-sequence":
		return "vancouver"
	case "association-for-computing-machinery", "acm-sig-proceedings":
		return "acm"
	case "american-medical-association", "ama-11":
		return "ama"
	}
	return ""
}

// maxCandidates is how many styles an error names.
const maxCandidates = 5

// candidate is a style whose name is near.
type candidate struct {
	name  string
	score int // the lower, the nearer
}

// near looks for the style whose title is asked for, or whose name or title comes
// close.
func (l *Library) near(ctx context.Context, wanted string) (Found, error) {
	names, err := l.Names(ctx)
	if err != nil {
		return Found{}, err
	}
	key := plainWords(wanted)
	var found []candidate
	for _, name := range names {
		about := l.about(ctx, name)
		if about.title != "" && plainWords(about.title) == key || about.id != "" && about.id == wanted {
			style, err := l.style(ctx, name)
			return Found{Style: style, Name: name}, err
		}
		if score, ok := nearness(key, plainWords(name), plainWords(about.title), plainWords(about.short)); ok {
			found = append(found, candidate{name, score})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		if a.score != b.score {
			return a.score - b.score
		}
		return len(a.name) - len(b.name)
	})
	if len(found) == 1 || len(found) > 1 && found[0].score < found[1].score {
		style, err := l.style(ctx, found[0].name)
		return Found{Style: style, Name: found[0].name, Near: true}, err
	}
	if len(found) == 0 {
		return Found{}, fmt.Errorf("no style is called %q or comes near: %w", wanted, ErrNotFound)
	}
	var list []string
	for _, c := range found[:min(len(found), maxCandidates)] {
		list = append(list, c.name)
	}
	return Found{}, fmt.Errorf("no style is called %q; near are %s: %w", wanted, strings.Join(list, ", "), ErrNotFound)
}

// nearness tells how far a key is from the nearest of some names: 0 if all its
// words begin one, 1 if all are in one, 2 and more for one or two wrong letters.
func nearness(key string, names ...string) (int, bool) {
	best, ok := 0, false
	note := func(score int) {
		if !ok || score < best {
			best, ok = score, true
		}
	}
	for _, name := range names {
		if name == "" || key == "" {
			continue
		}
		if strings.HasPrefix(name+" ", key+" ") {
			note(0)
		} else if hasWords(name, key) {
			note(1)
		} else if d := distance(key, name, 2); d <= 2 && len(key) > 3*d {
			note(1 + d)
		}
	}
	return best, ok
}

func hasWords(name, key string) bool {
	words := strings.Fields(name)
	for word := range strings.FieldsSeq(key) {
		if !slices.Contains(words, word) {
			return false
		}
	}
	return true
}

// plainWords brings a name or title into lower case words without punctuation
// and without what most titles have.
func plainWords(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r < 0x80
	})
	words = slices.DeleteFunc(words, func(w string) bool {
		return w == "style" || w == "the" || w == "edition" || w == "ed"
	})
	return strings.Join(words, " ")
}

// distance is the number of letters to add, drop or change between a and b, at
// most limit+1.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], limit+1)
}
