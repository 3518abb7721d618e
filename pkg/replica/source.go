package replica

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Source reads one upstream library with one credential. All methods may be
// called at the same time and fail with a [*library.Error]: [library.Unauthenticated]
// or [library.Forbidden] mean that this credential may no longer read the
// library, [library.Unavailable] and [library.RateLimited] that a later call may
// succeed.
type Source interface {
	// Head returns what the upstream says of the library now. It costs one
	// request at most.
	Head(ctx context.Context) (Head, error)

	// All reads every object outside the trash, page by page, in any order, and
	// calls yield for each page from one goroutine. An object may come twice,
	// and one that changes meanwhile may be missing: [Source.Keys] tells. The
	// head is that of the first page. An error of yield ends the reading.
	All(ctx context.Context, yield func(Batch) error) (Head, error)

	// Since returns what changed after a mark. A library in which nothing
	// changed costs one request.
	Since(ctx context.Context, mark string) (*Changes, error)

	// Keys returns the key of every object outside the trash with its version,
	// in one request.
	Keys(ctx context.Context) (map[string]int64, Head, error)

	// Get returns the objects of these keys, trash included, in any order. Keys
	// that the library does not have are left out. At most 50 keys.
	Get(ctx context.Context, keys []string) ([]Object, error)

	// Below returns the objects directly below one: the notes and attachments
	// of a work, the annotations of an attachment.
	Below(ctx context.Context, key string) ([]Object, error)

	// Collections returns all collections outside the trash.
	Collections(ctx context.Context) ([]library.Collection, error)

	// TextVersions returns the keys of the attachments whose text changed after
	// a version, 0 for all that have text, with the version of each text. An
	// upstream that does not list texts returns nil.
	TextVersions(ctx context.Context, since int64) (map[string]int64, error)

	// Text returns the text of an attachment. An attachment without text is no
	// error: the status says why.
	Text(ctx context.Context, attachment string) (Text, error)

	// Search returns one page of the works that the upstream's own search finds,
	// best first, without their children. Notice says which parts of the query
	// it could not apply. Queries with HasText are not asked of it.
	Search(ctx context.Context, q library.Query) (Found, error)
}

// Direct is a source that reads a library without waiting: its All gives one state of
// the library, works in the order of their keys, and in the same page after each work
// what is below it. It is taken into the replica as it comes.
type Direct interface {
	Source
	Direct()
}

// Head is the state of a library.
type Head struct {
	// Mark names the state for [Source.Since]. It is opaque: only the source
	// that made it, or another source of the same library, can read it.
	Mark string
	// Version is the library's version, or 0 if the upstream has none.
	Version int64
	// Items is the number of works, or -1 if not known.
	Items int
	// Objects is the number of objects of every kind, or -1 if not known.
	Objects int
	// Notice says what the answer lacks, such as its age while the upstream is
	// down; "" if it lacks nothing.
	Notice string
}

// Object is a work, or a note, an attachment or an annotation below one. Of
// Work, Note, Attachment and Annotation one is set.
type Object struct {
	Key     string
	Parent  string // key of the object above, or "" for a work
	Version int64  // the library's version when it last changed, or 0
	Trashed bool
	// Children is how many objects the upstream says are directly below, or -1.
	Children int

	// Work is the work without its children. A note or a file that stands by
	// itself is a work that has itself as its one child.
	Work       *library.Item
	Note       *library.Note
	Attachment *library.Attachment // without annotations; Note, if set too, is a note in the attachment
	Annotation *library.Annotation
}

// Batch is a page of a reading.
type Batch struct {
	Objects []Object
	// Total is how many objects the reading has, as far as known now.
	Total int
}

// Changes are what changed in a library after a mark.
type Changes struct {
	Head Head
	// Objects changed, trash included.
	Objects []Object
	// Removed are the keys of objects that are gone for good; those of a kind
	// that is not an object are among them.
	Removed []string
	// Keys, if not nil, are the keys of all objects outside the trash: an object
	// that is not among them is gone. Sources without a list of removals set it.
	Keys map[string]int64
	// Collections, if not nil, are all collections outside the trash.
	Collections []library.Collection
	// Whole says that reading the library whole is cheaper than the list, which
	// is left empty, or that the mark is not one of this library's past.
	Whole bool
}

// Text is the text of an attachment.
type Text struct {
	Pages   []library.TextPage
	Status  library.TextStatus
	Version int64
}

// Found is a page of the upstream's own search.
type Found struct {
	Works  []Object
	Total  int // as the upstream counts
	Head   Head
	Notice string
}
