package datafolder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// DatabaseName is the name of Zotero's database in a data folder.
const DatabaseName = "zotero.sqlite"

// The database is up to three files: the main one, and the write-ahead log or the
// rollback journal (https://www.sqlite.org/fileformat2.html).
const (
	walName     = DatabaseName + "-wal"
	journalName = DatabaseName + "-journal"
)

// headBytes is the length of the header of a database, the longest of the three
// files. The change counter is in the header of the main file, the number of the
// checkpoint in that of the log.
const headBytes = 100

// fileLook is what a look sees of one file; the zero value is a file that is not
// there.
type fileLook struct {
	there bool
	size  int64
	time  int64 // of the last change, in Unix nanoseconds
	head  string
}

// look is what a look at the database sees. Two that are equal are of the same
// state, unless the state is younger than [settling].
type look struct{ main, wal, journal fileLook }

// settling is how old a change must be for a look to tell it from the next one:
// the coarsest file times are two seconds apart.
const settling = 2 * time.Second

// changed returns when the database last changed, by the times of its files.
func (l look) changed() time.Time {
	return time.Unix(0, max(l.main.time, l.wal.time, l.journal.time))
}

// files opens what is in a data folder. No path leads out of it.
type files struct{ root *os.Root }

// openFiles opens a data folder. The folder itself may be a symbolic link.
func openFiles(dir string) (*files, error) {
	root, err := os.OpenRoot(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, library.Errorf(library.Unavailable, "the Zotero data folder does not exist").WithHint("%s", whichFolder).WithCause(err)
	case err != nil:
		return nil, library.Errorf(library.Unavailable, "the Zotero data folder can't be opened").WithHint("%s", whichFolder).WithCause(err)
	}
	return &files{root: root}, nil
}

// whichFolder is the hint of errors that a wrong path may cause.
const whichFolder = "set ZOTERO_DATA to the folder that Zotero shows in Settings, Advanced, Files and Folders; it has zotero.sqlite in it"

// errOutside says that a symbolic link leads out of the folder.
var errOutside = errors.New("a symbolic link leads out of the Zotero data folder, where Stackroom does not read")

// errNotRegular says that a name is that of a folder, a pipe or a device.
var errNotRegular = errors.New("not a regular file")

// open opens a regular file for reading.
func (f *files) open(name string) (*os.File, error) {
	file, err := f.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if errors.Is(err, fs.ErrPermission) && openFlags != plainFlags {
		file, err = f.root.OpenFile(name, os.O_RDONLY|plainFlags, 0)
	}
	if err != nil {
		return nil, f.reason(name, err)
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = file.Close()
		return nil, fmt.Errorf("%s: %w", name, errNotRegular)
	}
	return file, nil
}

// reason returns [errOutside] for an error of a name that is there and leads out.
func (f *files) reason(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return err
	}
	if _, statErr := f.root.Stat(name); statErr != nil && !errors.Is(statErr, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", errOutside, err)
	}
	return err
}

// look looks at the database.
func (f *files) look() (l look, err error) {
	if l.main, err = f.lookAt(DatabaseName); err != nil {
		return look{}, err
	}
	if !l.main.there {
		return look{}, library.Errorf(library.Unavailable, "the Zotero data folder has no %s", DatabaseName).WithHint("%s", whichFolder)
	}
	if l.wal, err = f.lookAt(walName); err != nil {
		return look{}, err
	}
	l.journal, err = f.lookAt(journalName)
	return l, err
}

func (f *files) lookAt(name string) (fileLook, error) {
	file, err := f.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fileLook{}, nil
	}
	if err != nil {
		return fileLook{}, unreadable(err)
	}
	defer file.Close()
	return lookInto(file)
}

// lookInto looks at an open file.
func lookInto(file *os.File) (fileLook, error) {
	info, err := file.Stat()
	if err != nil {
		return fileLook{}, unreadable(err)
	}
	head := make([]byte, headBytes)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fileLook{}, unreadable(err)
	}
	return fileLook{there: true, size: info.Size(), time: info.ModTime().UnixNano(), head: string(head[:n])}, nil
}

// unreadable returns the error of a database that can't be read.
func unreadable(cause error) error {
	if errors.Is(cause, errOutside) {
		return library.Errorf(library.Forbidden, "%s is a symbolic link that leads out of the Zotero data folder, where Stackroom does not read", DatabaseName).
			WithHint("set ZOTERO_DATA to the folder that the file is in").WithCause(cause)
	}
	return library.Errorf(library.Unavailable, "Zotero's database can't be read").WithHint("%s", whichFolder).WithCause(cause)
}
