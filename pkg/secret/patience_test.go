package secret

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// grantedLookup is denied until a time.
type grantedLookup struct {
	from  time.Time
	fault *Fault // until then
	asked int
}

func (l *grantedLookup) look(context.Context, view) (view, *Fault) {
	if l.asked++; time.Now().Before(l.from) {
		f := *l.fault
		return view{}, &f
	}
	return view{current: held{value: newValue("granted", "1")}}, nil
}

func TestOpen_WaitsForGrants(t *testing.T) {
	denied, missing := &Fault{Reason: Denied, Message: "may not be read", Hint: "grant it"}, &Fault{Reason: Missing, Message: "is missing", Hint: "make it"}
	const never = 24 * time.Hour
	for _, c := range []struct {
		promise  string
		patience time.Duration
		grants   map[string]time.Duration // when access is granted, by variable
		fault    *Fault                   // of OTHER until then
		kind     Kind
		took     time.Duration
		faults   string // variables that can't be had, sorted
		lookups  int    // of KEY; 0: any number
	}{
		{"at once", DefaultPatience, map[string]time.Duration{"KEY": 0}, denied, SecretManager, 0, "", 1},
		{"after a minute", DefaultPatience, map[string]time.Duration{"KEY": 58 * time.Second}, denied, SecretManager, 65 * time.Second, "", 10},
		{"two at different times", DefaultPatience, map[string]time.Duration{"KEY": 2 * time.Second, "OTHER": 30 * time.Second}, denied, SecretManager, 35 * time.Second, "", 3},
		{"never", DefaultPatience, map[string]time.Duration{"KEY": never}, denied, SecretManager, DefaultPatience, "KEY", 0},
		{"just after", DefaultPatience, map[string]time.Duration{"KEY": DefaultPatience + time.Second}, denied, SecretManager, DefaultPatience, "KEY", 0},
		{"without patience", 0, map[string]time.Duration{"KEY": time.Second}, denied, SecretManager, 0, "KEY", 1},
		{"beside one that is missing", DefaultPatience, map[string]time.Duration{"KEY": time.Second, "OTHER": never}, missing, SecretManager, 0, "KEY OTHER", 0},
		{"a file", DefaultPatience, map[string]time.Duration{"KEY": time.Second}, denied, File, 0, "KEY", 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			var log bytes.Buffer
			o := Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}.withDefaults()
			s := &Store{sources: map[string]*Source{}}
			var key *grantedLookup
			for variable, after := range c.grants {
				l := &grantedLookup{from: began.Add(after), fault: denied}
				if variable == "OTHER" {
					l.fault = c.fault
				} else {
					key = l
				}
				s.sources[variable] = &Source{variable: variable, reference: reference{kind: c.kind}, lookup: l, options: &o}
			}
			var failed []string
			for _, f := range s.resolve(t.Context(), c.patience) {
				failed = append(failed, f.Variable)
			}
			if len(failed) == 2 && failed[0] > failed[1] {
				failed[0], failed[1] = failed[1], failed[0]
			}
			if took := time.Since(began); took != c.took || strings.Join(failed, " ") != c.faults || c.lookups > 0 && key.asked != c.lookups {
				t.Errorf("%s: took %s and %d lookups, failed: %q", c.promise, took, key.asked, failed)
			}
			waited := c.kind == SecretManager && c.patience > 0 && c.grants["KEY"] > 0
			if c.fault == missing {
				return // which of the two is looked up first decides what is logged
			}
			if strings.Contains(log.String(), "tried again") != waited || waited && !strings.Contains(log.String(), "for=2m0s") {
				t.Errorf("%s: logged %s", c.promise, &log)
			}
		})
	}
}
