package ledger

// NoSync makes a ledger in a file not wait for the disk, for tests that write
// very often.
func NoSync(l *Ledger) { l.store.(*file).db.NoSync = true }

// SetEntries makes a ledger in a file believe that it has so many entries.
func SetEntries(l *Ledger, n int) { l.store.(*file).count = n }

// MaxEntries is the bound of a file.
const MaxEntries = maxEntries

// MaxListed is the bound of a member's families with those that ended.
const MaxListed = maxListed

// Entries returns how many entries a ledger in a file has.
func Entries(l *Ledger) int { return l.store.(*file).count }
