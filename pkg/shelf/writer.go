package shelf

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Writer is a shelf that its caller may change. What is in the trash is kept for 90
// days, and a work that a source has for as long as the source has it.
type Writer struct{ *Shelf }

var _ library.Writer = Writer{}

// NewWriter returns a shelf that was opened from a folder and may be changed.
func NewWriter(s *Shelf) Writer { return Writer{s} }

// Info implements [library.Reader].
func (w Writer) Info(ctx context.Context) (library.Info, error) {
	info, err := w.Shelf.Info(ctx)
	info.MayWrite = err == nil
	return info, err
}

// NewKey implements [library.Writer].
func (w Writer) NewKey() string {
	st, err := w.present()
	if err == nil {
		defer func() { _ = st.release() }()
	}
	for {
		var b [keyLength]byte
		_, _ = rand.Read(b[:]) // crypto/rand never fails
		for i := range b {
			b[i] = keyAlphabet[int(b[i])%len(keyAlphabet)]
		}
		key := string(b[:])
		if err != nil {
			return key // Write says what is wrong with the library
		}
		if used, err := isUsed(st.rows, key); err != nil || !used {
			return key
		}
	}
}

// isUsed reports whether an object has a key.
func isUsed(r *rows, key string) (bool, error) {
	for _, t := range []table{itemTable, childTable, collectionTable, trashTable} {
		if value, err := r.get(t, key); err != nil || value != nil {
			return true, err
		}
	}
	return false, nil
}

// Objects implements [library.Writer].
func (w Writer) Objects(ctx context.Context, kind library.ObjectKind, keys []string) ([]library.Object, error) {
	if len(keys) > library.MaxEdits {
		return nil, library.Errorf(library.Invalid, "at most %d keys at a time, not %d", library.MaxEdits, len(keys))
	}
	st, err := w.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = st.release() }()
	s := works{library: st.library, rows: st.rows}
	found := []library.Object{}
	for _, key := range keys {
		o, err := s.object(kind, key)
		if err != nil {
			return nil, err
		}
		if o != nil {
			found = append(found, *o)
		}
	}
	return found, nil
}

// object returns an object, also one in the trash, or nil.
func (s works) object(kind library.ObjectKind, key string) (*library.Object, error) {
	if kind == library.CollectionObject {
		c, err := s.collection(key)
		if c == nil || err != nil {
			return nil, err
		}
		return &library.Object{Kind: kind, Key: key, Version: max(c.Version, 1), Data: c.data()}, nil
	}
	e, err := s.loadOf(key)
	if e == nil || err != nil {
		return nil, err
	}
	if d := dataOf(e, key); d != nil {
		return &library.Object{Kind: kind, Key: key, Version: e.version(key), Data: d}, nil
	}
	return nil, nil
}

// Write implements [library.Writer]. A batch is one transaction. While another process
// writes for longer than two seconds, or imports, the error has the code Unavailable.
func (w Writer) Write(ctx context.Context, b library.Batch) ([]library.Outcome, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	tx, err := w.Begin(ctx)
	if busy := library.AsError(err); library.CodeOf(err) == library.Conflict {
		return nil, library.Errorf(library.Unavailable, "%s", busy.Message).WithHint("%s", busy.Hint).WithRetryAfter(busy.RetryAfter)
	}
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	run := &writing{editor: &tx.editor, works: works{library: tx.library, rows: tx.rows}}
	outcomes, done := make([]library.Outcome, len(b.Edits)), false
	for i, e := range b.Edits {
		if outcomes[i], err = run.edit(b.Kind, e); err != nil {
			return nil, err
		}
		done = done || outcomes[i].Status == library.EditDone
	}
	if !done {
		return outcomes, nil
	}
	if err := tx.Commit(ctx, tx.Version()+1); err != nil {
		return nil, err
	}
	return outcomes, nil
}

// writing carries out the edits of a batch.
type writing struct {
	*editor
	works works
}

func (w *writing) collection(key string) (*collection, error) { return w.works.collection(key) }

// edit carries out an edit, or refuses it and leaves everything as it was. The error
// says that the library can't be read or written.
func (w *writing) edit(kind library.ObjectKind, e library.Edit) (library.Outcome, error) {
	memory, written, before := w.rows.memory.Clone(), maps.Clone(w.rows.written), w.meta
	out, err := w.tryEdit(kind, e)
	if refusal := (*library.Error)(nil); errors.As(err, &refusal) && refuses(refusal.Code) {
		w.rows.memory, w.rows.written, w.meta = memory, written, before
		return library.Outcome{Status: library.EditRefused, Err: refusal}, nil
	}
	return out, err
}

// refuses reports whether an error is about the edit and not about the library.
func refuses(c library.Code) bool {
	return c == library.Invalid || c == library.NotFound || c == library.Conflict || c == library.TooLarge
}

func (w *writing) tryEdit(kind library.ObjectKind, e library.Edit) (none library.Outcome, err error) {
	if !plaintext.IsToken(e.Key, 64) {
		return none, library.Errorf(library.Invalid, "a key has letters and digits")
	}
	sent, err := plain(e.Data)
	if err != nil {
		return none, err
	}
	o, err := w.works.object(kind, e.Key)
	if err != nil {
		return none, err
	}
	switch {
	case o == nil && e.Version != 0:
		return none, library.Errorf(library.NotFound, "the library has no object of this key")
	case o == nil:
		if used, err := isUsed(w.rows, e.Key); err != nil {
			return none, err
		} else if used {
			return none, library.Errorf(library.Conflict, "an object of another kind has this key")
		}
		o = &library.Object{Kind: kind, Key: e.Key}
	case !differs(o.Data, sent):
		return library.Outcome{Status: library.EditUnchanged, Version: o.Version}, nil
	case e.Version == 0:
		return none, library.Errorf(library.Conflict, "an object of this key exists already")
	case o.Version > e.Version:
		return none, library.Errorf(library.Conflict, "the object changed after version %d", e.Version).WithHint("read it again")
	}
	if err := checkDeleted(sent["deleted"]); err != nil {
		return none, err
	}
	if kind == library.CollectionObject {
		err = w.changeCollection(o, sent)
	} else {
		err = w.changeItem(o, sent)
	}
	if err != nil {
		return none, err
	}
	w.used = true
	return library.Outcome{Status: library.EditDone, Version: w.next}, nil
}

// checkDeleted refuses what the field "deleted" can't be: it is a boolean, 0 or 1.
func checkDeleted(v any) error {
	switch v {
	case nil, true, false, 0.0, 1.0, "":
		return nil
	}
	return invalid("deleted", "must be true or false")
}

// changeItem sets fields of a work, or of an object below one.
func (w *writing) changeItem(o *library.Object, sent library.Data) error {
	d, err := w.withFields(o.Key, o.Data, sent)
	if err != nil {
		return err
	}
	e, err := w.place(o, d)
	if err != nil {
		return err
	}
	value, named := sent["deleted"]
	if !named || len(sent) > 1 {
		setObject(e, o.Key, d, w)
	}
	if named {
		e.rec.set(o.Key, func(s *objectState) {
			if s.Trashed = w.now; isEmpty(value) {
				s.Trashed = time.Time{}
			}
		})
	}
	return w.save(e, o.Key)
}

// place returns the work that an item is or is below, with the fields of d. A new work
// is made, and what goes to another work is put there.
func (w *writing) place(o *library.Object, d library.Data) (*entry, error) {
	if isWork(d["itemType"]) {
		if o.Data != nil {
			return w.works.load(o.Key)
		}
		it := &library.Item{ID: library.ItemID{Library: w.library, Key: o.Key}, Added: w.now}
		return &entry{rec: &record{Since: w.next, Made: true}, whole: copyOf(it)}, nil
	}
	to, err := w.above(o.Key, d)
	if err != nil || o.Data == nil {
		return to, err
	}
	from, err := w.works.loadOf(o.Key)
	if err != nil || from == nil || from.key() == to.key() {
		return to, err
	}
	moved := takeChild(from.whole, o.Key)
	moved.put(to.whole, textOf(d, "parentItem"))
	for _, key := range moved.keys() {
		state := from.rec.Objects[key]
		to.rec.set(key, func(s *objectState) { *s = state })
	}
	if err := w.save(to); err != nil { // first: the rows of what is moved stay
		return nil, err
	}
	if err := w.save(from); err != nil {
		return nil, err
	}
	return w.works.load(to.key())
}

// above returns the work that an item with this data is below.
func (w *writing) above(key string, d library.Data) (*entry, error) {
	parent := textOf(d, "parentItem")
	if parent == "" || parent == key {
		return nil, invalid("parentItem", "a note, attachment or annotation needs one")
	}
	e, err := w.works.loadOf(parent)
	switch {
	case err != nil:
		return nil, err
	case e == nil:
		return nil, missing("parentItem", "the library has no such item")
	case d["itemType"] == "annotation" && attachmentIn(e.whole, parent) < 0:
		return nil, invalid("parentItem", "an annotation is below an attachment")
	case d["itemType"] != "annotation" && e.key() != parent:
		return nil, invalid("parentItem", "a note or attachment is below a work")
	}
	return e, nil
}

// save writes a work in which the objects of these keys changed. A new citation key is
// given last, when the edit can't be refused any more: the keyring does not take one back.
func (w *writing) save(e *entry, changed ...string) error {
	for _, key := range changed {
		e.rec.set(key, func(s *objectState) { s.Version = w.next })
	}
	e.whole.Modified = w.now
	if n := len(encodeItem(e.whole)); n > maxItemBytes {
		return library.Errorf(library.TooLarge, "the work would have %d bytes, the most is %d", n, maxItemBytes)
	}
	it, err := w.works.keep(e)
	if err != nil {
		return err
	}
	w.used = true
	switch {
	case it == nil && e.shown == nil:
		return nil // in the trash, as before
	case it == nil:
		w.meta.Items--
		w.keys.forget(e.key())
		return writeItem(w.rows, e.shown, nil, change{kind: library.Removed, at: w.now}, w.next)
	}
	it.Version = w.next
	if err := w.claim(e, it); err != nil {
		return err
	}
	if err := w.write(e.shown, it, encodeItem(it)); err != nil {
		return err
	}
	return identify(w.rows, e.key(), identities(it))
}

// claim sets the citation key of a work that is about to be written. One that comes
// back from the trash has its key again, unless another work has taken it over.
func (w *writing) claim(e *entry, it *library.Item) error {
	before := e.shown
	if before == nil {
		before = copyOf(it)
		holder, err := w.keys.holder(it.CitationKey, e.key())
		if err != nil {
			return err
		}
		if holder != nil || it.CitationKey == "" {
			before = nil
		}
	}
	return w.keys.claim(before, it)
}
