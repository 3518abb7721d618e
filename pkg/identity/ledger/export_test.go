package ledger

// NoSync stops a file ledger from waiting for the disk, for tests that write
// often.
func NoSync(l *Ledger) { l.store.(*file).db.NoSync = true }

// SetEntries sets the number of entries that a file ledger counts.
func SetEntries(l *Ledger, n int) { l.store.(*file).count = n }

// MaxEntries is the bound of a file.
const MaxEntries = maxEntries

// MaxListed is the bound of a member's families, including ended ones.
const MaxListed = maxListed

// Entries returns the number of entries that a file ledger counts.
func Entries(l *Ledger) int { return l.store.(*file).count }
