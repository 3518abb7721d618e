package library

import (
	"context"
	"time"
)

// Info describes a library.
type Info struct {
	ID      ID
	Name    string // untrusted, like every text from a library
	Kind    Kind
	Items   int   // works, without their children; -1 if not known
	Version int64 // grows with every change
	// MayWrite says whether the caller may change the library.
	MayWrite bool
	// StoresFiles says that the library keeps the files of its attachments, so that
	// a caller who may change it can add some.
	StoresFiles bool
	// HidesNotes says that the library may have notes that the caller may not read:
	// what the caller sees of a work may not be all that is below it.
	HidesNotes bool
	// Notice says what a caller should know of it: "sample library", "stale".
	Notice string
}

// Reader reads one library, as one caller may see it. All methods may be
// called at the same time, return promptly when ctx ends, and fail only with
// an [*Error] or with ctx's error. The suite in librarytest says what each
// must do.
type Reader interface {
	// Info describes the library as it is now.
	Info(ctx context.Context) (Info, error)

	// Search finds works. An unknown collection is [NotFound]; a limit out
	// of bounds, an unknown sort or a query that can't be read is [Invalid].
	Search(ctx context.Context, q Query) (Page[Hit], error)

	// Items returns the works of these keys, at most MaxLimit, in this
	// order, with their children. The key of a child stands for its work. A
	// key that is not in the library leaves out its item; the result is in
	// the order of keys and the caller sees by ID which are missing.
	Items(ctx context.Context, keys []string) (Page[*Item], error)

	// Text returns a part of a work's text. An unknown work or attachment is
	// [NotFound]. A work without readable text is no error: Status says so
	// and why.
	Text(ctx context.Context, key string, q TextQuery) (Text, error)

	// Passages returns the passages of a work that best match a question,
	// best first; none if nothing matches. An unknown work is [NotFound].
	Passages(ctx context.Context, key string, q PassageQuery) (Page[Passage], error)

	// Collections returns the whole collection tree, sorted by name.
	Collections(ctx context.Context) (Page[Collection], error)

	// Tags returns tags, most used first, then by name.
	Tags(ctx context.Context, q TagQuery) (Page[Tag], error)

	// Changes returns what was added, changed or removed, last first.
	Changes(ctx context.Context, q ChangeQuery) (Page[Change], error)
}

// ChangeQuery asks for changes since a time or a version; if both are given,
// both bounds hold.
type ChangeQuery struct {
	Since        time.Time // zero is no bound
	SinceVersion int64     // changes after this version; 0 is no bound
	Offset       int
	Limit        int // 1 to MaxLimit
}

// ChangeKind says what happened to a work.
type ChangeKind string

// The kinds of change.
const (
	Added   ChangeKind = "added"
	Changed ChangeKind = "changed"
	Removed ChangeKind = "removed"
)

// Change is one work that changed.
type Change struct {
	Kind    ChangeKind
	Key     string
	Item    *Item     // nil if removed
	Version int64     // the library's version at which it happened
	At      time.Time // zero if not known
	By      string    // who, where the upstream knows
}
