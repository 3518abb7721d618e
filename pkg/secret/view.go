package secret

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// held is one value of a setting and what is known of it.
type held struct {
	value   Value
	number  int64     // of its version in Secret Manager, 0 elsewhere
	created time.Time // when it was made; zero if that isn't known
	since   time.Time // when this process took it up; zero if it never did
	until   time.Time // the end of its overlap; zero for the current one
}

// begun returns when h became the current value, as well as this process can
// know; the zero time if it can't.
func (h held) begun() time.Time {
	if !h.created.IsZero() {
		return h.created
	}
	return h.since
}

// view is what a setting's secret is at one time: the current value, and the
// former ones in their overlap, newest first.
type view struct {
	current held
	former  []held
}

// version returns what v holds under a number.
func (v view) version(number int64) (held, bool) {
	for _, h := range append([]held{v.current}, v.former...) {
		if h.number == number && !h.value.IsZero() {
			return h, true
		}
	}
	return held{}, false
}

// all returns the values that are good at a time, current first.
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

// text returns the secret in what is stored, without the one line end that
// editors and echo put behind it.
func text(stored []byte) (string, *Fault) {
	secret := strings.TrimSuffix(strings.TrimSuffix(string(stored), "\n"), "\r")
	switch {
	case secret == "":
		return "", &Fault{Reason: Unusable, Message: "is empty", Hint: "store the secret there"}
	case !utf8.ValidString(secret):
		return "", &Fault{Reason: Unusable, Message: "is no text in UTF-8", Hint: "store the secret as text; bytes in the encoding that the setting asks for"}
	}
	return secret, nil
}
