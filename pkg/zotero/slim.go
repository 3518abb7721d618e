package zotero

import (
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// maxInterned is the most bytes of a value that is looked for among those that
// were seen before: names, languages and dates repeat, titles and addresses
// don't.
const maxInterned = 24

// unused are the fields that nothing is made of.
var unused = map[string]bool{"md5": true, "mtime": true, "charset": true, "path": true, "lastRead": true}

// interner keeps one copy of each string that many items of a library have.
type interner struct {
	mu   sync.Mutex
	seen map[string]string
}

func (in *interner) one(s string) string {
	if len(s) > maxInterned {
		return s
	}
	if known, ok := in.seen[s]; ok {
		return known
	}
	if in.seen == nil {
		in.seen = map[string]string{}
	}
	in.seen[s] = s
	return s
}

// slim takes from items, which nobody else has yet, what makes them large in
// memory and is of no use, so that libraries of many thousand can be kept.
func (in *interner) slim(items []Object) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for i := range items {
		in.slimOne(&items[i])
	}
}

func (in *interner) slimOne(o *Object) {
	d := &o.Data
	o.Library, o.Bib, o.Citation, o.CSL, o.Meta.CreatorSummary = LibraryRef{}, "", "", nil, ""
	o.Meta.CreatedBy, o.Meta.ModifiedBy = in.one(o.Meta.CreatedBy), in.one(o.Meta.ModifiedBy)
	d.Type, d.Relations = in.one(d.Type), nil
	fields := make(map[string]string, len(d.Fields))
	for name, value := range d.Fields {
		if !unused[name] {
			fields[in.one(name)] = in.one(value)
		}
	}
	if note, ok := fields["note"]; ok {
		fields["note"], d.plain = plaintext.FromHTML(note), true
	}
	if key := citationKey(fields["extra"]); key != "" && fields["citationKey"] == "" {
		fields["citationKey"] = key
	}
	d.Fields = fields
	for i := range d.Creators {
		c := &d.Creators[i]
		c.Type, c.FirstName, c.LastName, c.Name = in.one(c.Type), in.one(c.FirstName), in.one(c.LastName), in.one(c.Name)
	}
	for i := range d.Tags {
		d.Tags[i].Tag = in.one(d.Tags[i].Tag)
	}
	for i := range d.Collections {
		d.Collections[i] = in.one(d.Collections[i])
	}
}
