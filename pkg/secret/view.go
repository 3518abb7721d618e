package secret

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// held is one value of a setting with its metadata.
type held struct {
	value   Value
	number  int64     // version number in Secret Manager, 0 elsewhere
	created time.Time // creation time; zero if unknown
	since   time.Time // when this process first used it; zero if never
	until   time.Time // end of its overlap; zero for the current value
}

// begun returns when h became the current value, or the zero time if unknown.
func (h held) begun() time.Time {
	if !h.created.IsZero() {
		return h.created
	}
	return h.since
}

// view holds the values of a setting: the current one, and the former ones
// within their overlap, newest first.
type view struct {
	current held
	former  []held
}

// version returns the value with a version number.
func (v view) version(number int64) (held, bool) {
	for _, h := range append([]held{v.current}, v.former...) {
		if h.number == number && !h.value.IsZero() {
			return h, true
		}
	}
	return held{}, false
}

// all returns the values that are valid at a time, current first.
func (v view) all(now time.Time) []Value {
	values := make([]Value, 1, 1+len(v.former))
	values[0] = v.current.value
	for _, h := range v.former {
		if now.Before(h.until) && !slices.ContainsFunc(values, h.value.Equal) {
			values = append(values, h.value)
		}
	}
	return values
}

// text returns a stored secret without a final line end, which editors and echo
// add.
func text(stored []byte) (string, *Fault) {
	secret := strings.TrimSuffix(strings.TrimSuffix(string(stored), "\n"), "\r")
	switch {
	case secret == "":
		return "", &Fault{Reason: Unusable, Message: "is empty", Hint: "store the secret there"}
	case !utf8.ValidString(secret):
		return "", &Fault{Reason: Unusable, Message: "is not UTF-8 text", Hint: "store the secret as text; encode bytes as the setting expects"}
	}
	return secret, nil
}
