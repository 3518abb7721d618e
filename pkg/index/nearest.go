package index

import (
	"context"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Bounds of a search for names. Beyond them names are not found.
const (
	maxSoughtBytes = 200
	maxTagsScanned = 200_000
	// maxNamesakes is how many works of a word of a name are read for the names
	// that have it.
	maxNamesakes = 20
	// containedDistance is the distance of a name that has the one looked for
	// among its words.
	containedDistance = 3
)

// Nearest returns the names of tags or creators that are like one, as
// [library.Nearer] says.
func (x *Index) Nearest(ctx context.Context, kind library.NameKind, name string) ([]library.Name, error) {
	return ask(ctx, x, x.begin(), "index nearest", func(ctx context.Context, s *search) ([]library.Name, error) {
		name = plaintext.Name(cutText(name, maxSoughtBytes))
		if kind == library.TagName {
			return s.nearestTags(ctx, name)
		}
		return s.nearestCreators(ctx, name)
	}, func(names []library.Name) int { return len(names) })
}

// nearestTags returns the tags that are spelled like one or have it among their
// words.
func (s *search) nearestTags(ctx context.Context, name string) ([]library.Name, error) {
	folded := plaintext.FoldName(name)
	if folded == "" {
		return nil, nil
	}
	steps := maxSteps
	near, err := neighboursOf(folded, &steps)
	if err != nil {
		return nil, err
	}
	var found []library.Name
	for seg := range s.view.segments {
		d, err := s.dictionary(seg, exactField)
		if err != nil {
			return nil, err
		}
		scanned := 0
		err = d.Counts(exactTag, func(term string, docs int) bool {
			tag := term[len(exactTag):]
			if distance := distanceOf(near, tag, folded); distance > 0 {
				found = append(found, library.Name{Text: tag, Works: docs, Distance: distance})
			}
			scanned++
			return scanned < maxTagsScanned && ctx.Err() == nil
		})
		if err != nil {
			return nil, err
		}
	}
	return s.shownTags(library.NearestNames(found))
}

// distanceOf returns how far a tag is from the name looked for, by the nearest of
// its forms; 0 if it is that name or not like it.
func distanceOf(near neighbours, tag, name string) int {
	best := 0
	for _, form := range plaintext.NameForms(tag) {
		ok, distance := near.MatchAndDistance(form)
		if ok && distance == 0 {
			return 0
		}
		if ok && (best == 0 || int(distance) < best) {
			best = int(distance)
		}
	}
	if best == 0 && hasWords(tag, name) {
		return containedDistance
	}
	return best
}

// hasWords reports whether one name has the other among its words.
func hasWords(name, words string) bool {
	return strings.Contains(" "+name+" ", " "+words+" ") || strings.Contains(" "+words+" ", " "+name+" ")
}

// shownTags returns tags, folded, as a work has them; without those that are
// forms of another, or that no work has any more.
func (s *search) shownTags(folded []library.Name) ([]library.Name, error) {
	var out []library.Name
	for _, tag := range folded {
		items, err := s.itemsWith(exactField, exactTag+tag.Text, 1)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			i := slices.IndexFunc(it.AllTags(), func(t string) bool { return slices.Contains(tagForms(t), tag.Text) })
			if i < 0 {
				continue
			}
			tag.Text = plaintext.Name(it.AllTags()[i])
			out = append(out, tag)
		}
	}
	return library.NearestNames(out), nil
}

// nearestCreators returns the creators that have a word of the name, or one that
// is spelled like it.
func (s *search) nearestCreators(ctx context.Context, name string) ([]library.Name, error) {
	var words []string
	s.Reset(name)
	for s.Next() && len(words) < maxPhraseWords {
		if correctable(s.Word) {
			words = append(words, string(s.Word))
		}
	}
	var found []library.Name
	for _, word := range words {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		near, err := s.nearestNameWords(word)
		if err != nil {
			return nil, err
		}
		for _, n := range near {
			names, err := s.creatorsWith(n, words)
			if err != nil {
				return nil, err
			}
			found = append(found, names...)
		}
	}
	return library.NearestNames(found), nil
}

// nearestNameWords returns the words of creators' names that are spelled like
// one, and that word itself if a name has it.
func (s *search) nearestNameWords(word string) ([]library.Name, error) {
	steps := maxSteps
	near, err := neighboursOf(word, &steps)
	if err != nil {
		return nil, err
	}
	var found []library.Name
	for seg := range s.view.segments {
		d, err := s.dictionary(seg, nameField)
		if err != nil {
			return nil, err
		}
		err = d.Match(near, func(term string, distance int) bool {
			found = append(found, library.Name{Text: term, Distance: distance})
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	for i := range found {
		for seg := range s.view.segments {
			list, err := s.postings(seg, nameField, found[i].Text, nil)
			if err != nil {
				return nil, err
			}
			found[i].Works += list.Len()
		}
	}
	found = slices.DeleteFunc(found, func(n library.Name) bool { return n.Works == 0 })
	return library.NearestNames(found), nil
}

// creatorsWith returns the creators whose names have a word. Those whose other
// words are not in the name that is looked for are one error farther.
func (s *search) creatorsWith(word library.Name, words []string) ([]library.Name, error) {
	items, err := s.itemsWith(nameField, word.Text, maxNamesakes)
	if err != nil {
		return nil, err
	}
	var found []library.Name
	for _, it := range items {
		for i := range it.Creators {
			name := plaintext.Name(it.Creators[i].Display())
			has, others := false, 0
			s.Reset(name)
			for s.Next() {
				switch w := string(s.Word); {
				case slices.Contains(s.appendNames(nil), word.Text):
					has = true
				case !slices.Contains(words, w):
					others++
				}
			}
			if has {
				found = append(found, library.Name{Text: name, Works: 1, Distance: word.Distance + min(others, 1)})
			}
		}
	}
	return library.NearestNames(found), nil
}

// itemsWith returns the first works that have a term, at most limit.
func (s *search) itemsWith(field, term string, limit int) ([]*library.Item, error) {
	var out []*library.Item
	for seg, sv := range s.view.segments {
		list, err := s.postings(seg, field, term, nil)
		if err != nil {
			return nil, err
		}
		for it := list.Iterator(false, nil); len(out) < limit; {
			doc, _, ok, err := it.Next()
			if err != nil {
				return nil, err
			}
			if !ok {
				break
			}
			if item, ok := s.source.Item(sv.keys[sv.columns.work[doc]]); ok && item != nil {
				out = append(out, item)
			}
		}
	}
	return out, nil
}
