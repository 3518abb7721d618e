package replica

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// hasNoText is why an attachment that was asked for has no text, if the source
// does not say.
const hasNoText = "the attachment has no text"

// untried reports whether the text of an attachment was not asked for yet.
func untried(a *library.Attachment) bool {
	return !a.Text.Available && (a.Text.Reason == notRead || a.Text.Reason == noText)
}

// readBest makes sure that a shelf has the text of an attachment or, without a
// key, the texts of which one stands for the work: those of the lowest
// [library.Attachment.TextRank] at which an attachment has text.
func (c *call) readBest(ctx context.Context, s *shelf.Shelf, key, attachment string) error {
	found, err := s.Items(ctx, []string{key})
	if err != nil || len(found.Items) == 0 {
		return err
	}
	it := found.Items[0]
	ranked := map[int][]*library.Attachment{}
	for i := range it.Attachments {
		a := &it.Attachments[i]
		if attachment == "" || a.Key == attachment {
			ranked[a.TextRank()] = append(ranked[a.TextRank()], a)
		}
	}
	for _, rank := range slices.Sorted(maps.Keys(ranked)) {
		readable := false
		for _, a := range ranked[rank] {
			has := a.Text.Available
			if untried(a) {
				if has, err = c.demand(ctx, s, it.ID.Key, a.Key); err != nil {
					return err
				}
			}
			readable = readable || has
		}
		if readable {
			return nil
		}
	}
	return nil
}

// readEvery makes sure that a shelf has the texts of a work, as far as the upstream
// gives them now. What is missing, the status of the attachments says.
func (c *call) readEvery(ctx context.Context, s *shelf.Shelf, key string) error {
	found, err := s.Items(ctx, []string{key})
	if err != nil || len(found.Items) == 0 {
		return err
	}
	it := found.Items[0]
	for i := range it.Attachments {
		a := &it.Attachments[i]
		if !untried(a) {
			continue
		}
		_, err := c.demand(ctx, s, it.ID.Key, a.Key)
		switch library.CodeOf(err) {
		case "":
		case library.Unavailable, library.RateLimited:
			return ctx.Err()
		default:
			return err
		}
	}
	return nil
}

// demand reads a text with the caller's source and puts it into the shelf. It
// reports whether the attachment has text.
func (c *call) demand(ctx context.Context, s *shelf.Shelf, work, attachment string) (has bool, err error) {
	text, err := c.source.Text(ctx, attachment)
	switch library.CodeOf(err) {
	case "":
	case library.NotFound, library.TooLarge:
		text = Text{Status: library.TextStatus{Reason: library.AsError(err).Message}}
	default:
		return false, err
	}
	has = textBytes(text.Pages) > 0
	if !has {
		text.Status.Reason = cmp.Or(text.Status.Reason, hasNoText)
	}
	tx, err := s.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if err := putText(tx, readText{work: work, attachment: attachment, text: text}); err != nil {
		return false, err
	}
	if err := tx.Commit(ctx, tx.Version()); err != nil {
		return false, err
	}
	if s == c.shelf {
		c.noteText(textBytes(text.Pages))
	}
	return has, nil
}

// noteText counts a text that was put into the replica on demand.
func (r *replica) noteText(bytes int64) {
	r.mu.Lock()
	r.changed = true
	if bytes > 0 {
		r.texts.held++
		r.texts.files = max(r.texts.files, r.texts.held)
	}
	r.mu.Unlock()
	r.poke()
}
