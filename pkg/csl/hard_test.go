package csl_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// A value that repeats what must be looked at more closely takes no longer than
// its length allows.
func TestBibliography_LongValues(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	layouts := []string{
		`<text variable="title" quotes="true" text-case="title"/>`,
		`<text variable="page"/><label variable="page"/><number variable="volume" form="ordinal"/><date variable="issued" form="text"/><names variable="author"><name initialize-with=". "/></names>`,
	}
	for _, unit := range []string{"<i>", `'"`, `<i>'"`, "a'b ", `<span class="nocase">`, "’s ", "1-", "1, ", "1–2 and ", "/", ". ", "A.-"} {
		long, err := json.Marshal(strings.Repeat(unit, 10_000))
		if err != nil {
			t.Fatal(err)
		}
		item := strings.ReplaceAll(`{"id":"a","type":"book","title":X,"volume":X,"page":X,"note":X,"issued":{"raw":X},"author":[{"family":X,"given":X}]}`, "X", string(long))
		for _, layout := range layouts {
			start := time.Now()
			if got := entry(t, `page-range-format="chicago"`, layout, item); len(got) < 10_000 {
				t.Errorf("%q: %d bytes are left", unit, len(got))
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%q takes %s", unit, took)
			}
		}
	}
}

// What exceeds the bounds is shown as it is.
func TestBibliography_ValuesBeyondBounds(t *testing.T) {
	pages := strings.Repeat("1-2, ", 300) + "3-4"
	if got := entry(t, "", `<text variable="page"/>`, `{"id":"a","type":"book","page":"`+pages+`"}`); got != pages {
		t.Errorf("%d pages become %q", len(pages), got[:50])
	}
	bold := strings.Repeat("<b>x</b>", 600)
	if got := entry(t, "", `<text variable="title"/>`, `{"id":"a","type":"book","title":"`+bold+`"}`); strings.Contains(got, "<b>") {
		t.Errorf("1,200 tags become %q", got[:50])
	}
	if got := entry(t, "", `<text variable="title"/>`, `{"id":"a","type":"book","title":"`+bold[:800]+`"}`); !strings.HasPrefix(got, "<b>x</b>") {
		t.Errorf("200 tags become %q", got[:50])
	}
}
