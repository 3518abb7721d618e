package zotero

import (
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// The form of Zotero's keys. The alphabet lacks the characters that people
// confuse (0, 1, O; it keeps I and L).
const (
	keyAlphabet = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
	keyLength   = 8
)

// validKey reports whether s has the form of an item or collection key.
func validKey(s string) bool {
	if len(s) != keyLength {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(keyAlphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}

// groupNumber returns the number of the group whose library id names, or 0.
func groupNumber(id library.ID) int64 {
	digits, ok := strings.CutPrefix(string(id), string(library.KindGroup)+":")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n <= 0 || library.GroupID(n) != id {
		return 0
	}
	return n
}
