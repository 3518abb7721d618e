package library

import (
	"strconv"
	"strings"
)

// Kind names a kind of library. Each kind belongs to one provider.
type Kind string

// The kinds of library that come with Stackroom.
const (
	KindLocal Kind = "local" // the embedded library
	KindUser  Kind = "user"  // the library of one person at Zotero
	KindGroup Kind = "group" // the library of a group at Zotero
)

// ID names a library: [Local], or a kind and the name that the provider of
// that kind gives the library, such as "group:4711". Only the provider knows
// what the name means.
type ID string

// Local is the ID of the embedded library.
const Local ID = "local"

// UserID returns the ID of the personal library of Zotero user n.
func UserID(n int64) ID { return ID("user:" + strconv.FormatInt(n, 10)) }

// GroupID returns the ID of the library of Zotero group n.
func GroupID(n int64) ID { return ID("group:" + strconv.FormatInt(n, 10)) }

// Bounds of the parts of an ID, in characters.
const (
	maxKind = 20
	maxName = 64
	// MaxID is the most characters of an [ID].
	MaxID = maxKind + 1 + maxName
)

// ParseID reads "local" or "kind:name". A kind has 1 to 20 lower-case letters
// and digits and begins with a letter; a name has 1 to 64 characters of A-Z,
// a-z, 0-9 and . _ ~ -, and is neither "." nor "..". Any other text is an
// error with code [Invalid].
func ParseID(s string) (ID, error) {
	if s == string(Local) {
		return Local, nil
	}
	kind, name, ok := strings.Cut(s, ":")
	if !ok || !isKind(kind) || Kind(kind) == KindLocal || !isName(name) {
		return "", Errorf(Invalid, "not a library ID").WithHint(`a library ID looks like "local" or "group:4711"; list_libraries has them`)
	}
	return ID(s), nil
}

// Kind returns the kind of library that id names, or "" for an ID that
// [ParseID] refuses.
func (id ID) Kind() Kind {
	if _, err := ParseID(string(id)); err != nil {
		return ""
	}
	kind, _, _ := strings.Cut(string(id), ":")
	return Kind(kind)
}

// isKind reports whether s has the form of a kind.
func isKind(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z':
		case '0' <= c && c <= '9' && i > 0:
		default:
			return false
		}
	}
	return s != "" && len(s) <= maxKind
}

// isName reports whether s has the form of a library's name in its ID and of
// an item's key. All of its characters stand for themselves in a URI (RFC
// 3986, section 2.3); "." and ".." do not, since they are removed from paths
// (section 5.2.4).
func isName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '~', c == '-':
		default:
			return false
		}
	}
	return s != "" && len(s) <= maxName && s != "." && s != ".."
}

// ItemID names an item: the library and the item's key in it, written
// "<library>/<key>", for example "group:4711/ABCD2345". Keys repeat between
// libraries, so a key alone names nothing.
type ItemID struct {
	Library ID
	Key     string
}

// ParseItemID reads an item ID as [ItemID.String] writes it. A key has 1 to 64
// characters of A-Z, a-z, 0-9 and . _ ~ -, and is neither "." nor ".."; each
// provider has keys of its own form. Any other text is an error with code
// [Invalid].
func ParseItemID(s string) (ItemID, error) {
	lib, key, ok := strings.Cut(s, "/")
	if !ok || !isName(key) {
		return ItemID{}, Errorf(Invalid, "not an item ID").WithHint(`an item ID looks like "group:4711/ABCD2345"; take it from a search result`)
	}
	id, err := ParseID(lib)
	if err != nil {
		return ItemID{}, err
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
