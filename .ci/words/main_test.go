package main

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
)

func TestWalk_FindsWordsInCommentsStringsAndNames(t *testing.T) {
	all, err := parseLists()
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{
		"a.go":          {Data: []byte("// Read is for whoever asks.\nfunc TestAllOfStrangersWait() { print(\"read it anew\") }\nvar indoor int\n")},
		"b.md":          {Data: []byte("fine\nNobody knows.\n")},
		"testdata/c.md": {Data: []byte("whatever\n")},
		"d.png":         {Data: []byte("whatever\n")},
	}
	found, err := walk(tree, all)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, f.path+" "+f.word)
	}
	want := []string{"a.go whoever", "a.go Strangers", "a.go anew", "b.md Nobody"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if found[3].line != 2 || found[1].line != 2 {
		t.Errorf("lines %d and %d, want 2 and 2", found[1].line, found[3].line)
	}
}

func TestWalk_FindsNounsInExportedNames(t *testing.T) {
	all, err := parseLists()
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{
		"a.go": {Data: []byte(`package a

// Guard holds a guard.
type Guard struct {
	OpenGates, doors int
	Doorstep         int
}

func (guard *Guard) TakeTurn() { var Room int; _ = Room }

const maxDesks, MaxDesks = 1, 2

type Reader interface{ Place() }
`)},
		"a_test.go": {Data: []byte("package a\n\nfunc TestGuard() {}\n")},
	}
	found, err := walk(tree, all)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		if f.path != "a.go" {
			t.Errorf("a finding in %s", f.path)
		}
		got = append(got, fmt.Sprintf("%d %s", f.line, f.word))
	}
	want := []string{"11 Desks", "11 Desks", "4 Guard", "5 Gates", "9 Turn", "11 Desks", "13 Place"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestRules_RejectsInvalidPattern(t *testing.T) {
	if _, err := rules("(\tadvice"); err == nil {
		t.Error("no error")
	}
}
