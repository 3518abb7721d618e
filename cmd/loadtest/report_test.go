package main

import (
	"strings"
	"testing"
	"time"
)

// kindOf returns a kind whose rounds made so many calls for each second of processor time.
func kindOf(failed int64, perCore ...int64) kind {
	k := kind{name: "kind"}
	for _, n := range perCore {
		k.rounds = append(k.rounds, round{calls: n, failed: failed, cpu: time.Second})
	}
	return k
}

func TestAComparisonIsJudgedByTheMedianOfItsRounds(t *testing.T) {
	for _, test := range []struct {
		name    string
		of, to  kind
		atLeast float64
		fault   string
	}{
		{"enough", kindOf(0, 95, 10, 94), kindOf(0, 100, 100, 100), 0.90, ""},
		{"too little", kindOf(0, 89, 100, 80), kindOf(0, 100, 100, 100), 0.90, "a / b is 0.890 and must be at least 0.90"},
		{"nothing is asked for", kindOf(0, 1), kindOf(0, 100), 0, ""},
		{"calls failed", kindOf(1, 100), kindOf(0, 100), 0.90, "1 of 100 calls failed"},
	} {
		var out strings.Builder
		err := judge(&out, []kind{test.to, test.of}, []comparison{{name: "a / b", of: 1, to: 0, atLeast: test.atLeast}})
		if test.fault == "" && err != nil || test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
			t.Errorf("%s: %v", test.name, err)
		}
		if !strings.HasPrefix(out.String(), "a / b: ") {
			t.Errorf("%s: %q", test.name, out.String())
		}
	}
}

func TestRequestsCarryTheTokenOnce(t *testing.T) {
	for _, r := range withBearer(searchCalls("modern", []string{"light"}), "secret") {
		head, _, _ := strings.Cut(string(r), "\r\n\r\n")
		if strings.Count(head, "\r\nAuthorization: Bearer secret\r\n") != 1 || !strings.HasPrefix(head, "POST /mcp HTTP/1.1\r\n") {
			t.Errorf("%q", head)
		}
	}
}

func TestWhatHasABarIsMeasuredInManyShortRounds(t *testing.T) {
	for _, test := range []struct {
		given, want options
	}{
		{options{compare: "bare"}, options{compare: "bare", rounds: 3, round: 6 * time.Second}},
		{options{compare: "signin"}, options{compare: "signin", rounds: 150, round: 500 * time.Millisecond}},
		{options{compare: "telemetry", rounds: 2, round: time.Hour}, options{compare: "telemetry", rounds: 2, round: time.Minute}},
	} {
		if test.given.defaults(); test.given != test.want {
			t.Errorf("got %+v, want %+v", test.given, test.want)
		}
	}
}
