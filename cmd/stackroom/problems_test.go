package main

import (
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
)

func TestPrintProblems_NamesEachCauseOnce(t *testing.T) {
	problems := []biblio.Problem{
		{File: "a.ris", Line: 1, Entry: "1", Severity: biblio.Repaired, Reason: "its end is missing"},
		{File: "a.ris", Line: 9, Entry: "2", Severity: biblio.Repaired, Reason: "its end is missing"},
		{File: "a.ris", Line: 20, Severity: biblio.Skipped, Reason: "it is broken"},
		{File: "a.ris", Line: 30, Entry: "4", Severity: biblio.Repaired, Reason: "its end is missing"},
		{File: "b.ris", Line: 2, Entry: "1", Severity: biblio.Repaired, Reason: "its end is missing"},
	}
	var short, all strings.Builder
	printProblems(&short, problems, false)
	if want := "  a.ris:1: repaired: its end is missing (1), and 2 more entries; -v lists them\n  a.ris:20: skipped: it is broken\n  b.ris:2: repaired: its end is missing (1)\n"; short.String() != want {
		t.Errorf("printed\n%swant\n%s", short.String(), want)
	}
	printProblems(&all, problems, true)
	if got := strings.Count(all.String(), "\n"); got != 5 || strings.Contains(all.String(), "more entries") {
		t.Errorf("all of them:\n%s", all.String())
	}
}
