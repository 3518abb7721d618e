package config

import (
	"slices"
	"strings"
)

// prefix begins the names of this program's settings.
const prefix = "STACKROOM_"

// A name without the prefix may belong to another program. It counts as
// misspelt only if it is long and differs from a setting in few letters.
const (
	maxOtherDistance = 2
	minOtherLength   = 8
)

// Unknown is a variable that is set and looks like a setting but is none.
type Unknown struct {
	Name    string
	Nearest string // the setting with the most similar name, or ""
}

// String returns a warning with advice.
func (u Unknown) String() string {
	if u.Nearest == "" {
		return u.Name + " is not a setting and is ignored; stackroom settings lists the settings"
	}
	return u.Name + " is not a setting and is ignored; did you mean " + u.Nearest + "?"
}

// FindUnknown returns the variables of environ, a list in the form of
// [os.Environ], that look like misspelt settings, by name: those that begin
// with STACKROOM_, and those that differ from a setting in at most two letters.
func FindUnknown(environ []string) []Unknown {
	var known []string
	for _, v := range Variables() {
		known = append(known, v.Name)
	}
	var unknown []Unknown
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		if value == "" || slices.Contains(known, name) {
			continue
		}
		nearest, distance := nearestOf(name, known)
		switch {
		case strings.HasPrefix(name, prefix):
			if distance > max(1, (len(name)-len(prefix))/3) {
				nearest = ""
			}
		case len(name) < minOtherLength || distance > maxOtherDistance:
			continue
		}
		unknown = append(unknown, Unknown{Name: name, Nearest: nearest})
	}
	slices.SortFunc(unknown, func(a, b Unknown) int { return strings.Compare(a.Name, b.Name) })
	return unknown
}

// nearestOf returns the setting with the most similar name, and the number of
// letters in which they differ. The prefix of name does not count, and a name
// that begins with the other differs from it in one letter.
func nearestOf(name string, known []string) (nearest string, distance int) {
	own, isOwn := strings.CutPrefix(name, prefix)
	distance = len(name)
	for _, k := range known {
		d := distanceOf(name, k)
		if isOwn {
			k := strings.TrimPrefix(k, prefix)
			d = min(d, distanceOf(own, k))
			if len(own) > 2 && d > 1 && (strings.HasPrefix(own, k) || strings.HasPrefix(k, own)) {
				d = 1
			}
		}
		if d < distance {
			nearest, distance = k, d
		}
	}
	return nearest, distance
}

// distanceOf returns the Levenshtein distance of a and b in bytes.
func distanceOf(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
