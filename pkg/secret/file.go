package secret

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// mostFileBytes bounds the file of a secret, in bytes.
const mostFileBytes = 1 << 20

// fileLookup reads a secret from a file. Its former values are those that this
// process has read before.
type fileLookup struct {
	path    string
	overlap time.Duration
}

// look implements [lookup].
func (l fileLookup) look(_ context.Context, before view) (view, *Fault) {
	stored, changed, err := readFile(l.path)
	if err != nil {
		return view{}, l.fault(err)
	}
	secret, fault := text(stored)
	if fault != nil {
		fault.Message = "the file " + l.path + " " + fault.Message
		return view{}, fault
	}
	now := time.Now()
	current := held{value: newValue(secret, changed.UTC().Format(time.RFC3339)), created: changed, since: now}
	if before.current.value.IsZero() {
		return view{current: current}, nil
	}
	if before.current.value.Equal(current.value) {
		current.since = before.current.since
		return view{current: current, former: before.former}, nil
	}
	last := before.current
	last.until = now.Add(l.overlap)
	former := append([]held{last}, before.former...)
	return view{current: current, former: former[:min(len(former), mostFormer)]}, nil
}

// fault returns the fault for an error of the file.
func (l fileLookup) fault(err error) *Fault {
	f := &Fault{Reason: Unreadable, Message: "the file " + l.path + " can't be read", Hint: "check that it is a file that the user of this process may read", Cause: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Reason, f.Message, f.Hint = Missing, "there is no file "+l.path, "put the secret there, or correct the path"
	case errors.Is(err, fs.ErrPermission):
		f.Reason, f.Message = Denied, "the file "+l.path+" may not be read by the user of this process"
	case errors.Is(err, errTooLarge):
		f.Reason, f.Message, f.Hint = Unusable, "the file "+l.path+" is larger than 1 MiB", "check that it is the file of a secret"
	}
	return f
}

// Reasons why an existing file is not read.
var (
	errTooLarge   = errors.New("too large")
	errNotRegular = errors.New("not a regular file")
)

// readFile returns the content of a file and its modification time. It follows
// links: mounted secrets are rotated by replacing a link.
func readFile(path string) ([]byte, time.Time, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, time.Time{}, err
	} else if !info.Mode().IsRegular() { // opening a pipe would block until it has a writer
		return nil, time.Time{}, errNotRegular
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, time.Time{}, err
	}
	stored, err := io.ReadAll(io.LimitReader(f, mostFileBytes+1))
	if err == nil && len(stored) > mostFileBytes {
		err = errTooLarge
	}
	return stored, info.ModTime(), err
}
