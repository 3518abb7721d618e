package changetest_test

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

func TestLibrary_KeepsTheContract(t *testing.T) {
	librarytest.RunWriter(t, changetest.New(library.Local, librarytest.Works()), librarytest.UnreadWrites, librarytest.LaxWrites, librarytest.OwnRefusals)
}
