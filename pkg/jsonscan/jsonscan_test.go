package jsonscan

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds returns texts with every kind of value, also nested and spread over
// lines, and texts that are not JSON.
func seeds() []string {
	return []string{
		`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","_meta":{"progressToken":"p"}}}`,
		"{ \"a\" : [ 1 , { \"b\" : null } ] ,\n\t\"c\" : -1.5e3 , \"d\":true}", `{"a\u0022":"\\\"{[","b":"]},"}`,
		`{}`, ` { } `, `[]`, `[[[]],{}]`, `"x"`, `""`, `7`, `{"a":1,"a":2}`, `{"":""}`, `{"a":{},"b":[]}`,
		`{"a"`, `{"a":`, `{"a":"`, `{"a":"\`, `{"`, `{,`, `{"a":}`, `]]}`, `{a:1}`, "", " ",
	}
}

func TestMeasure(t *testing.T) {
	for text, want := range map[string]Size{
		``:                                 {},
		`7`:                                {},
		`{}`:                               {Depth: 1, Containers: 1},
		`[1,[2,3],{"a":4,"b":5}]`:          {Depth: 2, Containers: 3, Commas: 4, TopCommas: 2},
		`{"a":"[,{\"","b":[[["\\",","]]]}`: {Depth: 4, Containers: 4, Commas: 2, TopCommas: 1},
		`[],[,]`:                           {Depth: 1, Containers: 2, Commas: 2, TopCommas: 1},
	} {
		if got := Measure([]byte(text)); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

func TestPlainString(t *testing.T) {
	for value, want := range map[string]string{`"abc"`: "abc", `""`: "", `"ä"`: "ä", `"a\n"`: "-", `7`: "-", `"`: "-", ``: "-", `{}`: "-"} {
		got, ok := PlainString([]byte(value))
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}

// membersOf returns the members of a text as EachMember gives them.
func membersOf(text string) (members map[string]string, whole bool) {
	members = map[string]string{}
	whole = EachMember([]byte(text), func(key, value []byte) bool {
		members[string(key)] = string(value)
		return true
	})
	return members, whole
}

func TestEachMember(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: "map[] true", " {\n} ": "map[] true", `[]`: "map[] false", ``: "map[] false", `7`: "map[] false",
		`{"a":1}`: "map[a:1] true",
		"{ \"a\" : [1, {\"b\":2}]\t,\r\n\"c\" : \"}\" }": `map[a:[1, {"b":2}] c:"}"] true`,
		`{"a\"b":null,"":{}}`:                            `map[:{} a\"b:null] true`,
		`{"a":1`:                                         "map[a:1] false",
	} {
		members, whole := membersOf(text)
		if got := fmt.Sprintf("%v %v", members, whole); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	var keys []string
	if whole := EachMember([]byte(`{"a":1,"b":2,"c":3}`), func(key, _ []byte) bool {
		keys = append(keys, string(key))
		return string(key) != "b"
	}); whole || strings.Join(keys, "") != "ab" {
		t.Errorf("EachMember went on to %v after the end, whole: %v", keys, whole)
	}
}

// FuzzScan compares the scanner with encoding/json on texts that are JSON, and
// holds that it returns on all others.
func FuzzScan(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		size := Measure([]byte(text))
		got, whole := membersOf(text)
		if !json.Valid([]byte(text)) {
			return
		}
		if depth, containers := extent(text); size.Depth != depth || size.Containers != containers {
			t.Errorf("%+v, want depth %d and %d containers", size, depth, containers)
		}
		var raw map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &raw); err != nil || raw == nil {
			if whole {
				t.Error("a text without an object has members")
			}
			return
		}
		want := map[string]string{}
		for key, value := range raw {
			want[key] = string(value)
		}
		exact := utf8.ValidString(text) && !strings.Contains(text, `\`) // else encoding/json changes keys
		if !whole || exact && !maps.Equal(got, want) {
			t.Errorf("members %q, whole: %v, want %q", got, whole, want)
		}
	})
}

// extent returns the depth of a text and the number of its containers, as
// encoding/json reads them.
func extent(text string) (depth, containers int) {
	decoder := json.NewDecoder(strings.NewReader(text))
	open := 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return depth, containers
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			open++
			containers++
			depth = max(depth, open)
		case json.Delim('}'), json.Delim(']'):
			open--
		}
	}
}

func BenchmarkEachMember(b *testing.B) {
	text := []byte(seeds()[0])
	b.Run("scan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			EachMember(text, func(_, _ []byte) bool { return true })
		}
	})
	b.Run("yardstick", func(b *testing.B) { // encoding/json
		for b.Loop() {
			var members map[string]json.RawMessage
			if err := json.Unmarshal(text, &members); err != nil {
				b.Fatal(err)
			}
		}
	})
}
