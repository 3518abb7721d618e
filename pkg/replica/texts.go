package replica

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/gofrs/flock"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// texts is how far the texts of a replica are read. The attachments whose text is
// still to be read are those with the reason notRead.
type texts struct {
	// mark is the version up to which every held text is known to be the present
	// one. It is kept in the shelf.
	mark  int64
	bytes int64 // about how long the held texts are
	held  int   // held of files attachments with text are held
	files int
	stale bool // the shelf changed since held and files were counted
	due   bool // something changed since the last pass, or it did not end
	asked time.Time
}

// counts returns held and files as an attribute of the shelf.
func (t texts) counts() string { return fmt.Sprintf("%d of %d", t.held, t.files) }

// setCounts takes over what counts has written.
func (t *texts) setCounts(s string) {
	n, _ := fmt.Sscanf(s, "%d of %d", &t.held, &t.files)
	t.stale = n < 2
}

// add counts an attachment.
func (t *texts) add(a *library.Attachment) {
	if a.Text.Available {
		t.held++
		t.bytes += int64(a.Text.Chars)
	}
	if a.Text.Available || a.Text.Reason == notRead {
		t.files++
	}
}

// The texts of one transaction end with textsPerCommit texts or bytesPerCommit
// bytes, or after commitEvery.
const (
	textsPerCommit = 50
	bytesPerCommit = 2 << 20
	commitEvery    = 10 * time.Second
)

// mostFailures is how many texts in a row may fail before a pass ends.
const mostFailures = 3

// textPass reads the texts of a replica that are missing or changed.
type textPass struct {
	replica *replica
	shelf   *shelf.Shelf
	head    int64 // version of the upstream that the shelf has
	state   texts
	budget  int64
	batch   []readText
	waiting int64     // bytes of batch
	began   time.Time // when the first text of batch was read
	failed  int       // texts that could not be read
}

// readText is a text that was read and is not yet in the shelf.
type readText struct {
	work, attachment string
	text             Text
}

// wanted is an attachment whose text is to be read.
type wanted struct {
	work, attachment string
	added            time.Time
	held             int // characters that the shelf has of it now
}

// readTexts reads the texts that are missing or changed, newest works first.
func (r *replica) readTexts(ctx context.Context) (again time.Duration, err error) {
	s := r.current()
	r.mu.Lock()
	asked, due := r.texts.asked, r.texts.due
	r.mu.Unlock()
	if s == nil {
		return untilPoked, nil // adopting a shelf pokes
	}
	if since := time.Since(asked); !due && since < textsEvery {
		return textsEvery - since, nil
	}
	release, held := r.leaseForJob(ctx)
	if !held {
		return leaseEvery, r.countTexts(ctx, s)
	}
	defer release()
	m, err := s.Meta(ctx)
	if err != nil {
		return 0, err
	}
	r.mu.Lock()
	r.texts.due, r.texts.asked = false, time.Now()
	r.mu.Unlock()
	p := &textPass{replica: r, shelf: s}
	p.state.mark, _ = strconv.ParseInt(m.Attributes[textsAttribute], 10, 64)
	p.head, _ = strconv.ParseInt(m.Attributes[versionAttribute], 10, 64)
	err = r.pool.do(ctx, func(src Source) error { return p.run(ctx, src) })
	r.count()
	if err != nil {
		r.mu.Lock()
		r.texts.due = true
		r.mu.Unlock()
		return 0, errors.Join(err, r.countTexts(ctx, s))
	}
	return textsEvery, nil
}

// countTexts counts the texts that the shelf holds, if it changed since they were
// counted.
func (r *replica) countTexts(ctx context.Context, s *shelf.Shelf) error {
	r.mu.Lock()
	now := texts{mark: r.texts.mark}
	stale := r.texts.stale
	r.mu.Unlock()
	if !stale {
		return nil
	}
	_, err := s.Each(ctx, func(it *library.Item) error {
		for i := range it.Attachments {
			now.add(&it.Attachments[i])
		}
		return nil
	})
	if err == nil {
		r.textsNow(now)
	}
	return err
}

// leaseForJob takes the right to read texts or embed works in the background, which
// one process does at a time. Where the store fails, every folder may.
func (r *replica) leaseForJob(ctx context.Context) (release func(), held bool) {
	lock := flock.New(filepath.Join(r.dir, textsLock))
	if got, err := lock.TryLock(); err != nil || !got {
		return nil, false
	}
	unlock := func() { _ = lock.Close() }
	store := r.replicas.opts.Store
	if store == nil {
		return unlock, true
	}
	end, held, err := store.Lease(ctx, r.name)
	switch {
	case err != nil:
		return unlock, true
	case !held:
		unlock()
		return nil, false
	}
	return func() { end(); unlock() }, true
}

// run makes the pass. It can be called again after an error.
func (p *textPass) run(ctx context.Context, src Source) error {
	versions, err := src.TextVersions(ctx, p.state.mark)
	if err != nil {
		return err
	}
	todo, err := p.plan(ctx, versions)
	if err != nil {
		return err
	}
	if err := p.readAll(ctx, src, todo); err != nil {
		return err
	}
	if p.failed > 0 {
		return library.Errorf(library.Unavailable, "%d texts could not be read", p.failed)
	}
	mark := p.state.mark
	for _, v := range versions {
		// The attachment of a text that is newer than the shelf may not be there yet.
		mark = max(mark, min(v, p.head))
	}
	if mark == p.state.mark && len(todo) == 0 {
		return nil
	}
	p.state.mark = mark
	return p.commit(ctx)
}

// plan returns the texts to read, those of the newest works first.
func (p *textPass) plan(ctx context.Context, versions map[string]int64) ([]wanted, error) {
	var todo []wanted
	p.state.bytes, p.state.held, p.state.files = 0, 0, 0
	_, err := p.shelf.Each(ctx, func(it *library.Item) error {
		for _, a := range it.Attachments {
			version, changed := versions[a.Key]
			changed = changed && version > p.state.mark
			unread := !a.Text.Available && a.Text.Reason == notRead
			p.state.add(&a)
			if changed || unread {
				todo = append(todo, wanted{work: it.ID.Key, attachment: a.Key, added: it.Added, held: a.Text.Chars})
			}
		}
		return nil
	})
	// Half of what is left: the next base stands beside this one for a moment.
	p.budget = min(p.replica.replicas.opts.TextBytes, p.state.bytes+max(p.replica.replicas.fit(ctx, p.replica.dir, 0), 0)/2)
	slices.SortFunc(todo, func(a, b wanted) int {
		return cmp.Or(b.added.Compare(a.added), cmp.Compare(a.work, b.work), cmp.Compare(a.attachment, b.attachment))
	})
	p.replica.textsNow(p.state)
	return todo, err
}

// textsNow notes how far the texts are.
func (r *replica) textsNow(t texts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.due, t.asked = r.texts.due, r.texts.asked
	r.texts = t
}

// readAll reads texts until the budget is spent, and puts them into the shelf.
func (p *textPass) readAll(ctx context.Context, src Source, todo []wanted) error {
	row := 0 // failures in a row
	for _, w := range todo {
		if w.held == 0 && p.state.bytes >= p.budget {
			continue // read when it is asked for
		}
		began := time.Now()
		text, err := src.Text(ctx, w.attachment)
		switch code := library.CodeOf(err); {
		case err == nil:
			row = 0
		case code == library.NotFound:
			continue // removed meanwhile
		case code == library.TooLarge:
			text = Text{Status: library.TextStatus{Reason: "the text is too large to be searched"}}
		case code == library.Unauthenticated, code == library.Forbidden, code == library.RateLimited, ctx.Err() != nil:
			return err
		default:
			p.failed++
			if row++; row >= mostFailures {
				return err
			}
			continue
		}
		if err := p.take(ctx, w, text); err != nil {
			return err
		}
		if err := pause(ctx, time.Since(began)); err != nil {
			return err
		}
	}
	if len(p.batch) > 0 {
		return p.commit(ctx)
	}
	return nil
}

// pause leaves the processor and the upstream to others for as long as a text
// took, but for a second at most.
func pause(ctx context.Context, took time.Duration) error {
	timer := time.NewTimer(min(took, time.Second))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// take adds a text to the batch, and commits the batch when it is large.
func (p *textPass) take(ctx context.Context, w wanted, text Text) error {
	if len(p.batch) == 0 {
		p.began = time.Now()
	}
	n := textBytes(text.Pages)
	p.batch = append(p.batch, readText{work: w.work, attachment: w.attachment, text: text})
	p.waiting += n
	p.state.bytes += n - int64(w.held)
	switch {
	case n > 0 && w.held == 0:
		p.state.held++
	case n == 0 && w.held > 0:
		p.state.held, p.state.files = p.state.held-1, p.state.files-1
	case n == 0:
		p.state.files--
	}
	if len(p.batch) >= textsPerCommit || p.waiting >= bytesPerCommit || time.Since(p.began) >= commitEvery {
		return p.commit(ctx)
	}
	return nil
}

func textBytes(pages []library.TextPage) int64 {
	var n int64
	for _, page := range pages {
		n += int64(len(page.Text))
	}
	return n
}

// commit puts the batch into the shelf, with how far the texts are.
func (p *textPass) commit(ctx context.Context) error {
	tx, err := p.shelf.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, t := range p.batch {
		if err := putText(tx, t); err != nil {
			return err
		}
	}
	tx.SetAttribute(textsAttribute, strconv.FormatInt(p.state.mark, 10))
	tx.SetAttribute(countsAttribute, p.state.counts())
	if err := tx.Commit(ctx, tx.Version()); err != nil {
		return err
	}
	p.batch, p.waiting = nil, 0
	p.replica.textsNow(p.state)
	p.replica.noteChange()
	return nil
}

// putText puts a text into a shelf. A text that is too large is left out, with the
// reason, and one whose attachment is gone is dropped.
func putText(tx *shelf.Tx, t readText) error {
	err := tx.PutText(t.work, t.attachment, t.text.Pages, t.text.Status)
	if e := library.AsError(err); err != nil && e.Code == library.TooLarge {
		err = tx.PutText(t.work, t.attachment, nil, library.TextStatus{Reason: e.Message})
	}
	if library.CodeOf(err) == library.NotFound {
		return nil
	}
	return err
}

// noteChange notes that the snapshot is no longer that of the shelf.
func (r *replica) noteChange() {
	r.mu.Lock()
	r.changed = true
	r.mu.Unlock()
	r.poke()
}
