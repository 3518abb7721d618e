package library

import (
	"strconv"
	"strings"
)

// Kind says whose library it is.
type Kind string

// The kinds of library.
const (
	KindLocal Kind = "local" // the embedded library
	KindUser  Kind = "user"  // a person's own library
	KindGroup Kind = "group" // a group's shared library
)

// ID names a library: "local", "user:475425" or "group:4711".
type ID string

// Local is the ID of the embedded library.
const Local ID = "local"

// UserID returns the ID of the personal library of Zotero user n.
func UserID(n int64) ID { return ID("user:" + strconv.FormatInt(n, 10)) }

// GroupID returns the ID of the library of Zotero group n.
func GroupID(n int64) ID { return ID("group:" + strconv.FormatInt(n, 10)) }

// ParseID reads a library ID in its canonical form. Any other text is an
// error with code [Invalid].
func ParseID(s string) (ID, error) {
	if s == string(Local) {
		return Local, nil
	}
	kind, digits, ok := strings.Cut(s, ":")
	if !ok || (kind != string(KindUser) && kind != string(KindGroup)) {
		return "", Errorf(Invalid, "not a library ID").WithHint(`a library ID looks like "local", "user:475425" or "group:4711"`)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != digits {
		return "", Errorf(Invalid, "not a library ID: the number after %q is wrong", kind+":")
	}
	return ID(s), nil
}

// Kind returns the kind of library that id names, or "" for an ID that is not
// in canonical form.
func (id ID) Kind() Kind {
	kind, _, _ := strings.Cut(string(id), ":")
	switch k := Kind(kind); k {
	case KindLocal, KindUser, KindGroup:
		return k
	}
	return ""
}

// Number returns the Zotero user or group number in id, or 0.
func (id ID) Number() int64 {
	_, digits, _ := strings.Cut(string(id), ":")
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}

// ItemID names an item in the world: the library and the item's key in it,
// written "<library>/<key>", for example "group:4711/ABCD2345". Keys repeat
// between libraries, so a key alone names nothing.
type ItemID struct {
	Library ID
	Key     string
}

// ParseItemID reads an item ID as [ItemID.String] writes it. Any other text is
// an error with code [Invalid].
func ParseItemID(s string) (ItemID, error) {
	lib, key, ok := strings.Cut(s, "/")
	if !ok {
		return ItemID{}, Errorf(Invalid, "not an item ID").WithHint(`an item ID looks like "group:4711/ABCD2345"; take it from a search result`)
	}
	id, err := ParseID(lib)
	if err != nil {
		return ItemID{}, err
	}
	if !ValidKey(key) {
		return ItemID{}, Errorf(Invalid, "not an item ID: a key has 8 characters of 2-9 and A-Z")
	}
	return ItemID{Library: id, Key: key}, nil
}

// String returns the ID in the form that [ParseItemID] reads.
func (id ItemID) String() string { return string(id.Library) + "/" + id.Key }

// IsZero reports whether id names nothing.
func (id ItemID) IsZero() bool { return id == ItemID{} }

// MarshalText implements [encoding.TextMarshaler].
func (id ItemID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *ItemID) UnmarshalText(text []byte) error {
	got, err := ParseItemID(string(text))
	if err == nil {
		*id = got
	}
	return err
}

// KeyAlphabet holds the characters of which keys are made: Zotero leaves out
// those that people confuse (0, 1, O; it keeps I and L).
const KeyAlphabet = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"

// KeyLength is the number of characters in a key.
const KeyLength = 8

// ValidKey reports whether s has the form of an item or collection key.
func ValidKey(s string) bool {
	if len(s) != KeyLength {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(KeyAlphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}
