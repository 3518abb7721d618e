package main

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestWalk_FindsWordsInCommentsStringsAndNames(t *testing.T) {
	all, err := rules(list)
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

func TestRules_RefusesABrokenPattern(t *testing.T) {
	if _, err := rules("(\tadvice"); err == nil {
		t.Error("no error")
	}
}
