package tool

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// changesInput is the arguments of recent_changes.
type changesInput struct {
	Since        string
	SinceVersion int
	Library      string
	Receipts     bool
	Limit        int
	Cursor       string
}

// changesOutput is the answer of recent_changes.
type changesOutput struct {
	Changes  []changeLine         `json:"changes" jsonschema:"kind, id, title, creators, year, item_type, at, by, client, names: untrusted third-party text"`
	Versions map[library.ID]int64 `json:"versions" jsonschema:"by library"`
	listed
}

type changeLine struct {
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Title    string `json:"title,omitempty"`
	Creators string `json:"creators,omitempty"`
	Year     int    `json:"year,omitempty"`
	ItemType string `json:"item_type,omitempty"`
	At       string `json:"at,omitempty"`
	By       string `json:"by,omitempty"`
	Version  int64  `json:"version,omitempty"`
	*receiptLine
}

// maxVersion bounds a library version: what a JSON number holds exactly.
const maxVersion = 1 << 53

func recentChangesTool(c *Catalog) (*definition, error) {
	fields := []field[changesInput]{
		name("since", "date, time or age (7d)", func(in *changesInput) *string { return &in.Since }),
		sinceVersionField(),
		name(libraryName, "", func(in *changesInput) *string { return &in.Library }),
		limitField(25, library.MaxLimit, func(in *changesInput) *int { return &in.Limit }),
		cursorField(func(in *changesInput) *string { return &in.Cursor }),
	}
	if c.writing != nil {
		f := boolean("receipts", "what tools did", func(in *changesInput) *bool { return &in.Receipts })
		f.fallback = nil // to keep the catalogue short
		fields = append(fields, f)
	}
	return readTool(c, about{"recent_changes", "Recent changes",
		"Works added, changed, removed, last first, and by whom. " +
			"Use it for what is new. Not for a subject."},
		fields, c.recentChanges)
}

func sinceVersionField() field[changesInput] {
	f := number("since_version", "of one library", 0, maxVersion, func(in *changesInput) *int { return &in.SinceVersion })
	f.quiet = true
	return f
}

// recentChanges lists the changes of libraries, or the receipts of what the tools of
// this catalogue did.
func (c *Catalog) recentChanges(ctx context.Context, k *call, in changesInput) (answer[changesOutput], error) {
	since, err := sinceTime("since", in.Since, time.Now())
	if err != nil {
		return answer[changesOutput]{}, err
	}
	all, own, notices, err := k.portions(ctx, in.Library, "", in.Cursor)
	if err != nil {
		return answer[changesOutput]{}, err
	}
	if in.SinceVersion > 0 && len(all) > 1 {
		return answer[changesOutput]{}, library.Errorf(library.Invalid, "argument %q needs argument %q, since each library counts its own versions", "since_version", libraryName)
	}
	if since, own, err = carriedSince(since, own); err != nil {
		return answer[changesOutput]{}, err
	}
	if len(own) > 0 {
		return answer[changesOutput]{}, damaged()
	}
	if in.Receipts {
		return c.receipts(ctx, k, in, since, all, notices)
	}
	l, err := gather(ctx, k, all, in.Limit, func(ctx context.Context, r library.Reader, p portion, limit int) (library.Page[library.Change], error) {
		page, err := r.Changes(ctx, library.ChangeQuery{Since: since, SinceVersion: int64(in.SinceVersion), Offset: p.taken, Limit: limit})
		return byOffset(page, p.taken), err
	}, func(a, b entry[library.Change]) int { return b.value.At.Compare(a.value.At) })
	if err != nil {
		return answer[changesOutput]{}, err
	}
	l.notices = append(notices, l.notices...)
	l.extra = sinceMarks(since)
	out, err := fit(k.budget, len(l.entries), func(n int) changesOutput { return changesAnswer(k, l, n) })
	k.touch(ctx, out.kept, func(i int) library.ItemID {
		return library.ItemID{Library: l.entries[i].lib.ID, Key: l.entries[i].value.Key}
	})
	return out, err
}

func changesAnswer(c *call, l *listing[library.Change], n int) changesOutput {
	t := &tidy{}
	out := changesOutput{Changes: make([]changeLine, n), Versions: map[library.ID]int64{}, listed: l.listed(c, n)}
	for i, e := range l.entries[:n] {
		out.Changes[i] = t.changeLine(e.value, e.lib.ID)
	}
	for _, b := range l.branches {
		if b.err == nil {
			out.Versions[b.lib.ID] = b.page.Version
		}
	}
	out.note(t.notice())
	return out
}

func (t *tidy) changeLine(ch library.Change, lib library.ID) changeLine {
	line := changeLine{
		Kind: string(ch.Kind), ID: library.ItemID{Library: lib, Key: ch.Key}.String(),
		By: t.line(ch.By, maxName), Version: ch.Version,
	}
	if !ch.At.IsZero() {
		line.At = ch.At.UTC().Format(time.RFC3339)
	}
	if it := ch.Item; it != nil {
		line.Title, line.Creators, line.Year = t.title(it), t.summary(it.Creators), yearOf(it)
		line.ItemType = token(it.Type)
	}
	return line
}

// sinceMark names the mark of a cursor that carries a time: an age means the same
// moment on every page.
const sinceMark = "since"

// sinceMarks returns the marks that carry a time; none for one before 1970, which is
// no age.
func sinceMarks(since time.Time) []mark {
	if since.IsZero() || since.Unix() < 0 {
		return nil
	}
	return []mark{{name: sinceMark, numbers: []int64{since.Unix()}}}
}

// carriedSince returns the time that a cursor's marks carry in place of the one that
// the arguments give, and the other marks. Without that one no mark carries a time.
func carriedSince(since time.Time, marks []mark) (time.Time, []mark, error) {
	if since.IsZero() {
		return since, marks, nil
	}
	var others []mark
	for _, m := range marks {
		if m.name != sinceMark {
			others = append(others, m)
			continue
		}
		if len(m.numbers) != 1 || len(m.texts) > 0 || m.numbers[0] > maxVersion {
			return since, nil, damaged()
		}
		since = time.Unix(m.numbers[0], 0).UTC()
	}
	return since, others, nil
}

// sinceTime reads a date, an RFC 3339 time or an age, which counts back from now, in
// seconds; "" is the zero time. Dates begin in UTC.
func sinceTime(argument, s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01", "2006"} {
		if t, err := time.Parse(layout, strings.ToUpper(s)); err == nil {
			return t, nil
		}
	}
	units := map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	unit := units[s[len(s)-1]|0x20]
	n, err := strconv.Atoi(s[:len(s)-1])
	const most = 100 * 365 * 24 * time.Hour
	if unit == 0 || err != nil || n < 0 || n > int(most/unit) {
		return time.Time{}, library.Errorf(library.Invalid, "argument %q is not a time", argument).
			WithHint("write a date (2026-11-01), a time (2026-11-01T09:00:00Z) or an age (7d, 12h, 2w)")
	}
	return now.Add(-time.Duration(n) * unit).UTC().Truncate(time.Second), nil
}
