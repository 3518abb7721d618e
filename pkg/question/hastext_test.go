package question_test

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/question"
)

func TestWithoutHasText_TakesOutWhatLimitsTheWholeQuery(t *testing.T) {
	for _, tc := range []struct {
		text, rest string
		limited    bool
	}{
		{"whale", "whale", false},
		{" whale: ", " whale: ", false},
		{"has:text", "", true},
		{"has:text whale", "whale", true},
		{"whale has:text, dolphin has:content", "whale  dolphin", true},
		{"whale OR dolphin has:text", "whale OR dolphin", true},
		{"has:text whale OR dolphin", "whale OR dolphin", true},
		{`has:text "blue whale" AND (seal`, `"blue whale" AND (seal`, true},
		{`has:text the "whale`, `the "whale`, true},
		{"has:text title:", "title:", true},
		{"has:text 10.1000/xyz(1)", "10.1000/xyz(1)", true},
		{"has:text whale -has:text", "whale -has:text", true},
		{"whale AND has:text", "whale AND has:text", false},
		{"whale OR has:text", "whale OR has:text", false},
		{"(whale has:text) OR seal", "(whale has:text) OR seal", false},
		{"(has:text) whale", "(has:text) whale", false},
		{"author:(has:text)", "author:(has:text)", false},
		{"NOT has:text", "NOT has:text", false},
		{"NOT NOT has:text whale", "NOT NOT has:text whale", false},
		{`"has:text"`, `"has:text"`, false},
		{"title:has:text", "title:has:text", false},
		{"has:wings", "has:wings", false},
	} {
		if rest, limited := question.WithoutHasText(tc.text); rest != tc.rest || limited != tc.limited {
			t.Errorf("%q: %q, %v, want %q, %v", tc.text, rest, limited, tc.rest, tc.limited)
		}
	}
}
