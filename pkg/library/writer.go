package library

import (
	"context"
	"strings"
)

// MaxEdits is the most edits of a [Batch].
const MaxEdits = 50

// ObjectKind says what an [Object] is.
type ObjectKind string

// The kinds of object.
const (
	ItemObject       ObjectKind = "item" // a work, a note, an attachment or an annotation
	CollectionObject ObjectKind = "collection"
)

// Data holds the fields of an object, with the names and shapes of Zotero's Web
// API (https://www.zotero.org/support/dev/web_api/v3/types_and_fields). An item has
// "itemType", "creators", "tags", "collections", "parentItem", "relations", "deleted",
// its bibliographic fields, "note" (HTML) and the fields of attachments and
// annotations; a collection has "name", "parentCollection" and "deleted". Values are
// as [encoding/json] decodes them into an any. Texts in it are untrusted.
type Data map[string]any

// Object is an item or a collection as its library stores it, without what is below
// it.
type Object struct {
	Kind ObjectKind
	Key  string
	// Version is the library's version when the object last changed. [Item.Version]
	// is never below that of the work or of an object below it.
	Version int64
	Data    Data
}

// Edit sets fields of one object. Nothing is removed for good: an object goes to the
// trash and comes back by its field "deleted".
type Edit struct {
	Key string // of the object; [Writer.NewKey] makes one for a new object
	// Version is what the edit builds on: an object that changed after it is refused
	// with [Conflict]. 0 makes a new object.
	Version int64
	// Data are the fields to set. The other fields stay. A list is set whole, "" and an
	// empty list remove a field.
	Data Data
}

// Batch is a list of edits that are carried out in order.
type Batch struct {
	// ID names the batch: 8 to 32 characters of A-Z, a-z and 0-9. A batch may be sent
	// again under its ID if its outcome is not known.
	ID    string
	Kind  ObjectKind // of all objects of the batch
	Edits []Edit     // 1 to MaxEdits, each of another object
}

// Validate returns an [Invalid] error for a batch that no library takes: a wrong ID or
// kind, no edit or more than MaxEdits, an edit without key or data, or two of one
// object.
func (b *Batch) Validate() error {
	switch {
	case len(b.ID) < 8 || len(b.ID) > 32 || strings.Trim(b.ID, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "":
		return Errorf(Invalid, "the ID of a batch has 8 to 32 letters and digits")
	case b.Kind != ItemObject && b.Kind != CollectionObject:
		return Errorf(Invalid, "a batch changes items or collections")
	case len(b.Edits) == 0 || len(b.Edits) > MaxEdits:
		return Errorf(Invalid, "a batch has 1 to %d edits, not %d", MaxEdits, len(b.Edits))
	}
	seen := map[string]bool{}
	for _, e := range b.Edits {
		switch {
		case e.Key == "" || e.Version < 0 || len(e.Data) == 0:
			return Errorf(Invalid, "an edit needs a key, a version and data")
		case seen[e.Key]:
			return Errorf(Invalid, "a batch has one edit of an object at most")
		}
		seen[e.Key] = true
	}
	return nil
}

// EditStatus says what became of an edit.
type EditStatus string

// What can become of an edit.
const (
	EditDone EditStatus = "done"
	// EditUnchanged: the object had these fields already, at any version.
	EditUnchanged EditStatus = "unchanged"
	// EditRefused: the object is as it was.
	EditRefused EditStatus = "refused"
	// EditUnknown: the object is as it was or as the edit wants it, and the library
	// could not be asked which. Sending the batch again settles it.
	EditUnknown EditStatus = "unknown"
)

// Outcome is what became of an edit.
type Outcome struct {
	Status  EditStatus
	Version int64  // of the object now, if the edit is done or unchanged
	Err     *Error // why the edit is refused or its outcome unknown, else nil
}

// Writer reads and changes one library, as one caller may. All methods may be called
// at the same time. The suite in librarytest says what each must do.
type Writer interface {
	Reader

	// NewKey returns a key for a new object, which no object of the library has.
	NewKey() string

	// Objects returns the objects of these keys as they are at the library's upstream
	// now, those in the trash included, in any order. Keys that the library does not
	// have are left out. At most MaxEdits keys.
	Objects(ctx context.Context, kind ObjectKind, keys []string) ([]Object, error)

	// Write carries out a batch and returns an outcome for each edit, in the order of
	// the edits. Each object is as before or as after. What is done can be read from
	// the same library at once. An error means that nothing was done, or, if outcomes
	// come with it, that they say what was.
	//
	// An edit of an unknown object is refused with [NotFound], one that the library's
	// rules forbid with [Invalid], whose message names the field, and one below an
	// object that was refused with [Conflict].
	Write(ctx context.Context, b Batch) ([]Outcome, error)
}

// Files is a [Writer] of a library whose attachments have files.
type Files interface {
	Writer

	// File returns the content of an attachment's file. The error has the code
	// [NotFound] if the library does not have the file, [TooLarge] if it has more than
	// most bytes, and [Forbidden] if the caller may not read files.
	File(ctx context.Context, key string, most int64) ([]byte, error)
}

// FileStore is a library that stores files itself.
type FileStore interface {
	Files

	// Attach stores the file of an attachment that has none. After an error it may be
	// called again, which stores nothing twice. The error has the code [Conflict] if
	// the attachment has another file, [TooLarge] if the library has no space for it,
	// and [Forbidden] if the caller may not store files.
	Attach(ctx context.Context, key string, f File) error
}

// File is a file to store.
type File struct {
	Name        string // without folders
	ContentType string
	Content     []byte
}
