package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// checkData returns why the data folder can't be read, or nil. A folder that
// STACKROOM_DATA names must exist, so that a mistyped one does not serve the
// sample library. The default folder need not exist; only an import makes it.
func checkData(c *config.Config) error {
	problem, cause := dataProblem(c.Data)
	switch {
	case problem == "", errors.Is(cause, fs.ErrNotExist) && !c.DataGiven:
		return nil
	case !c.DataGiven:
		return library.Errorf(library.Unavailable, "the data folder %s %s", c.Data, problem).
			WithHint("correct that, or set STACKROOM_DATA to another folder").WithCause(cause)
	}
	expected := "a folder that this user can read"
	switch {
	case strings.HasPrefix(c.Data, "~"):
		expected = "the whole path of a folder: ~ is not expanded"
	case errors.Is(cause, fs.ErrNotExist):
		expected = "a folder that exists; stackroom import makes it"
	}
	return config.Faults{{Variable: "STACKROOM_DATA", Shape: fmt.Sprintf("%q, which %s", c.Data, problem), Expected: expected}}
}

// checkImportData is [checkData] for an import, which makes the folder.
func checkImportData(c *config.Config) error {
	if _, cause := dataProblem(c.Data); errors.Is(cause, fs.ErrNotExist) && !strings.HasPrefix(c.Data, "~") {
		return nil
	}
	return checkData(c)
}

// dataProblem says what is wrong with a folder, with the cause, or "".
func dataProblem(dir string) (problem string, cause error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "does not exist", err
	case err != nil:
		return "can't be opened", err
	case !info.IsDir():
		return "is not a folder", nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return "can't be read", err
	}
	defer f.Close()
	if _, err := f.Readdirnames(1); err != nil && !errors.Is(err, io.EOF) {
		return "can't be read", err
	}
	return "", nil
}
