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

// grantedLookup denies access until a time.
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
		fault    *Fault                   // result for OTHER until then
		kind     Kind
		took     time.Duration
		faults   string // variables with faults, sorted
		lookups  int    // lookups of KEY; 0: any number
	}{
		{"at once", DefaultGrantWait, map[string]time.Duration{"KEY": 0}, denied, SecretManager, 0, "", 1},
		{"after a minute", DefaultGrantWait, map[string]time.Duration{"KEY": 58 * time.Second}, denied, SecretManager, 65 * time.Second, "", 10},
		{"two at different times", DefaultGrantWait, map[string]time.Duration{"KEY": 2 * time.Second, "OTHER": 30 * time.Second}, denied, SecretManager, 35 * time.Second, "", 3},
		{"never", DefaultGrantWait, map[string]time.Duration{"KEY": never}, denied, SecretManager, DefaultGrantWait, "KEY", 0},
		{"just after", DefaultGrantWait, map[string]time.Duration{"KEY": DefaultGrantWait + time.Second}, denied, SecretManager, DefaultGrantWait, "KEY", 0},
		{"without patience", 0, map[string]time.Duration{"KEY": time.Second}, denied, SecretManager, 0, "KEY", 1},
		{"beside one that is missing", DefaultGrantWait, map[string]time.Duration{"KEY": time.Second, "OTHER": never}, missing, SecretManager, 0, "KEY OTHER", 0},
		{"a file", DefaultGrantWait, map[string]time.Duration{"KEY": time.Second}, denied, File, 0, "KEY", 1},
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
				return // the order of the two lookups decides what is logged
			}
			if strings.Contains(log.String(), "retrying") != waited || waited && !strings.Contains(log.String(), "for=2m0s") {
				t.Errorf("%s: logged %s", c.promise, &log)
			}
		})
	}
}
