package tool

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// sample is arguments of every kind.
type sample struct {
	Text   string
	Number int
	List   []string
	Choice string
}

func sampleFields() []field[sample] {
	return []field[sample]{
		text("text", "", 10, func(in *sample) *string { return &in.Text }),
		number("number", "", -5, 100, func(in *sample) *int { return &in.Number }).or(7),
		list("list", "", 3, func(in *sample) *[]string { return &in.List }),
		choice("choice", "", func(in *sample) *string { return &in.Choice }, "one", "two"),
	}
}

func TestArgumentsAreReadAsTheyAreMeant(t *testing.T) {
	base := sample{Number: 7, Choice: "one"}
	with := func(change func(*sample)) sample { s := base; change(&s); return s }
	for arguments, want := range map[string]sample{
		``:                               base,
		`null`:                           base,
		` {} `:                           base,
		`{"text":null,"number":null}`:    base,
		`{"text":"a b"}`:                 with(func(s *sample) { s.Text = "a b" }),
		`{"text":"  a\n\u202eb\u0000 "}`: with(func(s *sample) { s.Text = "a b" }),
		`{"text":42}`:                    with(func(s *sample) { s.Text = "42" }),
		`{"text":true}`:                  with(func(s *sample) { s.Text = "true" }),
		`{"number":42}`:                  with(func(s *sample) { s.Number = 42 }),
		`{"number":"42"}`:                with(func(s *sample) { s.Number = 42 }),
		`{"number":" -5 "}`:              with(func(s *sample) { s.Number = -5 }),
		`{"number":42.0}`:                with(func(s *sample) { s.Number = 42 }),
		`{"number":1e2}`:                 with(func(s *sample) { s.Number = 100 }),
		`{"list":["a","b"]}`:             with(func(s *sample) { s.List = []string{"a", "b"} }),
		`{"list":"a"}`:                   with(func(s *sample) { s.List = []string{"a"} }),
		`{"list":"[a]"}`:                 with(func(s *sample) { s.List = []string{"[a]"} }),
		`{"list":"[\"a\",\"b\"]"}`:       with(func(s *sample) { s.List = []string{"a", "b"} }),
		`{"list":[1," ","b"]}`:           with(func(s *sample) { s.List = []string{"1", "b"} }),
		`{"list":[]}`:                    with(func(s *sample) { s.List = []string{} }),
		`{"choice":"TWO"}`:               with(func(s *sample) { s.Choice = "two" }),
	} {
		got, err := decode(sampleFields(), json.RawMessage(arguments))
		if err != nil {
			t.Errorf("%s: %v", arguments, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", arguments, diff)
		}
	}
}

func TestArgumentsThatCannotBeMeantAreNamed(t *testing.T) {
	for arguments, want := range map[string]string{
		`{"text":["a"]}`:                        `argument "text" must be a text`,
		`{"text":{}}`:                           `argument "text" must be a text`,
		`{"text":"abcdefghijk"}`:                `argument "text" is 11 characters long, at most 10 are allowed`,
		`{"number":"many"}`:                     `argument "number" must be a whole number from -5 to 100`,
		`{"number":101}`:                        `argument "number" must be a whole number from -5 to 100`,
		`{"number":4.5}`:                        `argument "number" must be a whole number from -5 to 100`,
		`{"number":1e99}`:                       `argument "number" must be a whole number from -5 to 100`,
		`{"number":[1]}`:                        `argument "number" must be a whole number from -5 to 100`,
		`{"number":true}`:                       `argument "number" must be a whole number from -5 to 100`,
		`{"list":{}}`:                           `argument "list" must be a list of texts`,
		`{"list":[["a"]]}`:                      `argument "list" must be a list of texts`,
		`{"list":[null]}`:                       `argument "list" must be a list of texts`,
		`{"list":["a","b","c","d"]}`:            `argument "list" has 4 entries, at most 3 are allowed`,
		`{"choice":"three"}`:                    `argument "choice" must be one of one, two`,
		`{"Text":"a"}`:                          `unknown argument "Text"`,
		`{"zz":1,"aa":2}`:                       `unknown argument "aa"`,
		`{"<b>\u202e":1}`:                       `unknown argument with an unreadable name`,
		`{"` + strings.Repeat("x", 99) + `":1}`: `unknown argument with an unreadable name`,
		`[]`:                                    `the arguments are not a JSON object`,
		`"text"`:                                `the arguments are not a JSON object`,
		`{"text"`:                               `the arguments are not a JSON object`,
	} {
		_, err := decode(sampleFields(), json.RawMessage(arguments))
		if e := library.AsError(err); e == nil || e.Code != library.Invalid || e.Message != want {
			t.Errorf("%.60s: %v, want %q", arguments, err, want)
		}
	}
}

func TestBombsAreRefusedBeforeAnythingIsBuilt(t *testing.T) {
	var many strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&many, `,"k%d":1`, i)
	}
	for promise, bomb := range map[string]string{
		"10,000 members":     `{"query":""` + many.String() + `}`,
		"a deep object":      strings.Repeat(`{"query":`, 20_000) + `""` + strings.Repeat(`}`, 20_000),
		"a deep list":        `{"query":"","tags":` + strings.Repeat(`[`, 30_000) + strings.Repeat(`]`, 30_000) + `}`,
		"a long text":        `{"query":"` + strings.Repeat("a", maxArgumentBytes) + `"}`,
		"10,000 entries":     `{"query":"","tags":[` + strings.Repeat(`"a",`, 10_000) + `"a"]}`,
		"deep but in a text": `{"query":"","tags":"` + strings.Repeat(`[`, 20_000) + `"}`,
	} {
		t.Run(promise, func(t *testing.T) {
			_, err := catalogOf(t, one(), Options{}).Call(t.Context(), "search", json.RawMessage(bomb))
			want := library.TooLarge
			if promise == "deep but in a text" {
				want = library.Invalid // too long for a tag, and no list
			}
			if library.CodeOf(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
			allocs := testing.AllocsPerRun(1, func() { _, _ = decode(sampleFields(), json.RawMessage(bomb)) })
			if allocs > 60 {
				t.Errorf("%.0f allocations for a bomb", allocs)
			}
		})
	}
}

func FuzzArguments(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"text":"a","number":"42","list":"a","choice":"two"}`, `{"list":["a",1,true]}`, `{"list":"[\"a\"]"}`, `{"number":1e5}`,
		`{"text":"\ud800"}`, `{"a":{"b":[{"c":"}"}]}}`, "{\"text\":\"\xff\"}", `[[[[`, `{"text":"\\\""}`,
	} {
		f.Add(s)
	}
	fields := sampleFields()
	f.Fuzz(func(t *testing.T, s string) {
		in, err := decode(fields, json.RawMessage(s))
		if err != nil {
			if code := library.CodeOf(err); code != library.Invalid && code != library.TooLarge {
				t.Fatalf("%v", err)
			}
			return
		}
		if in.Number < -5 || in.Number > 100 || len([]rune(in.Text)) > 10 || len(in.List) > 3 || in.Choice != "one" && in.Choice != "two" {
			t.Fatalf("out of bounds: %+v", in)
		}
	})
}

func FuzzItemID(f *testing.F) {
	for _, s := range []string{"local/ABCD2345", "group:4711/abcd2345", "stackroom://user%3A1/items/ABCD2345/text", "ABCD2345", "a/b/c", "stackroom://"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := parseItemID("id", s)
		if err != nil {
			if library.CodeOf(err) != library.Invalid {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, form := range []string{id.String(), resourceURI(id), resourceURI(id) + textSuffix} {
			if again, err := parseItemID("id", form); err != nil || again != id {
				t.Fatalf("%q is %v, but %q is %v, %v", s, id, form, again, err)
			}
		}
	})
}
