package secret_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/secret/secrettest"
)

// The secret of most tests, and the setting that refers to it.
const (
	key      = "projects/my-project/secrets/key"
	variable = "ZOTERO_API_KEY"
)

// open opens a store with one setting, which refers to key unless change says
// otherwise.
func open(t *testing.T, service *secrettest.Service, change func(*secret.Options)) (*secret.Store, error) {
	t.Helper()
	o := secret.Options{Settings: map[string]string{variable: "sm://key"}, Project: "my-project", Refresh: time.Hour, ClientOptions: service.ClientOptions()}
	if change != nil {
		change(&o)
	}
	store, err := secret.Open(t.Context(), o)
	if err == nil {
		t.Cleanup(store.Close)
	}
	return store, err
}

// mustOpen is open, and fails the test on an error.
func mustOpen(t *testing.T, service *secrettest.Service, change func(*secret.Options)) *secret.Store {
	t.Helper()
	store, err := open(t, service, change)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// values returns the valid values with their versions, current first.
func values(s *secret.Source) []string {
	var all []string
	for _, v := range s.All() {
		all = append(all, v.Version()+":"+v.Reveal())
	}
	return all
}

func expect(t *testing.T, s *secret.Source, when string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, values(s)); diff != "" {
		t.Errorf("%s: values (-want +got):\n%s", when, diff)
	}
}

// TestOpen_DoesNotWaitWithMalformedReference opens two settings. One is
// malformed, so a grant for the other would not help.
func TestOpen_DoesNotWaitWithMalformedReference(t *testing.T) {
	service := secrettest.New(t)
	service.Add(key, "one")
	service.Deny(key, true)
	began := time.Now()
	_, err := open(t, service, func(o *secret.Options) {
		o.Settings = map[string]string{"DENIED": "sm://key", "MALFORMED": "sm://a/b/c"}
		o.GrantWait = time.Minute
	})
	var faults secret.Faults
	if !errors.As(err, &faults) || len(faults) != 2 || time.Since(began) > 30*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

func TestOpen_ResolvesEverySetting(t *testing.T) {
	service := secrettest.New(t)
	service.Add(key, "one")
	service.Add(key, "two\n")
	service.Add("projects/other-project/locations/europe-west3/secrets/regional", "three\r\n")
	store := mustOpen(t, service, func(o *secret.Options) {
		o.Settings = map[string]string{
			"LATEST": "sm://key", "NUMBER": "sm://key/versions/1", "FULL": "sm://" + key + "/versions/latest",
			"REGION": "sm://projects/other-project/locations/europe-west3/secrets/regional", "PLAIN": "four", "UNSET": "",
		}
	})
	for variable, want := range map[string]string{"LATEST": "2:two", "NUMBER": "1:one", "FULL": "2:two", "REGION": "1:three", "PLAIN": ":four"} {
		v := store.Source(variable).Current()
		if got := v.Version() + ":" + v.Reveal(); got != want {
			t.Errorf("%s is %s, want %s", variable, got, want)
		}
	}
	expect(t, store.Source("NUMBER"), "a version by its number", "1:one")
	for _, variable := range []string{"UNSET", "UNKNOWN"} {
		s := store.Source(variable)
		s.OnChange(func([]secret.Value) { t.Error("called") })
		s.Rejected(t.Context())
		if s != nil || !s.Current().IsZero() || s.All() != nil {
			t.Errorf("%s is a setting: %v", variable, s)
		}
	}
}

// Each case is a fault at start and what the message must say.
func TestOpen_NamesFault(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*secrettest.Service)
		change  func(*secret.Options)
		reason  secret.Reason
		says    []string
	}{
		{"denied", func(s *secrettest.Service) { s.Deny(key, true) }, nil, secret.Denied,
			[]string{"gcloud secrets add-iam-policy-binding key --project=my-project", "roles/secretmanager.secretAccessor"}},
		{"no such secret", func(s *secrettest.Service) { s.Delete(key) }, nil, secret.Missing,
			[]string{"does not exist", "gcloud secrets versions add key --project=my-project --data-file"}},
		{"no such version", nil, func(o *secret.Options) { o.Settings[variable] += "/versions/7" }, secret.Missing,
			[]string{"version 7", "gcloud secrets versions list key --project=my-project"}},
		{"disabled", func(s *secrettest.Service) { s.Disable(key, 2) }, nil, secret.Disabled,
			[]string{"disabled or destroyed", "gcloud secrets versions enable NUMBER --secret=key --project=my-project"}},
		{"destroyed", func(s *secrettest.Service) { s.Destroy(key, 2) }, nil, secret.Disabled, []string{"disabled or destroyed"}},
		{"down", func(s *secrettest.Service) { s.Down(true) }, func(o *secret.Options) { o.Timeout = 100 * time.Millisecond }, secret.Unreachable,
			[]string{"secretmanager.googleapis.com:443"}},
		{"slow", func(s *secrettest.Service) { s.Slow(time.Hour) }, func(o *secret.Options) { o.Timeout = 100 * time.Millisecond }, secret.Unreachable,
			[]string{"did not respond in time"}},
		{"damaged", func(s *secrettest.Service) { s.Damage(true) }, nil, secret.Damaged, []string{"version 2", "CRC32C"}},
		{"empty", func(s *secrettest.Service) { s.Add(key, "\n") }, nil, secret.Unusable, []string{"is empty"}},
		{"not text", func(s *secrettest.Service) { s.Add(key, "\xff\xfek\x00") }, nil, secret.Unusable, []string{"not UTF-8 text"}},
		{"too large", func(s *secrettest.Service) { s.Add(key, strings.Repeat("x", 64<<10+1)) }, nil, secret.Unusable, []string{"64 KiB"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			service := secrettest.New(t)
			service.Add(key, "one-value")
			service.Add(key, "two-value")
			if c.prepare != nil {
				c.prepare(service)
			}
			outcomes := make(chan string, 1)
			_, err := open(t, service, func(o *secret.Options) {
				o.Hooks.Refreshed = func(variable, outcome string) { outcomes <- variable + " " + outcome }
				if c.change != nil {
					c.change(o)
				}
			})
			var faults secret.Faults
			if !errors.As(err, &faults) || len(faults) != 1 {
				t.Fatalf("opened: %v", err)
			}
			if faults[0].Variable != variable || faults[0].Reason != c.reason {
				t.Errorf("says %s of %s, want %s", faults[0].Reason, faults[0].Variable, c.reason)
			}
			for _, want := range append(c.says, variable) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("does not say %q: %v", want, err)
				}
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, faults[0], errors.Unwrap(faults[0])), "-value") {
				t.Errorf("shows the value: %#v", err)
			}
			if got := <-outcomes; got != variable+" "+string(c.reason) {
				t.Errorf("the hook gets %q", got)
			}
		})
	}
}

// The client retries by its own policy until the timeout of the lookup.
func TestOpen_RetriesTransientErrors(t *testing.T) {
	t.Parallel() // including the client's backoff of up to two seconds
	service := secrettest.New(t)
	service.Add(key, "one")
	service.Fail(key, "latest", 1)
	expect(t, mustOpen(t, service, nil).Source(variable), "after a retry", "1:one")
	if reads := service.Reads(key, "latest"); reads != 2 {
		t.Errorf("%d requests", reads)
	}
}

func TestOpen_ReadsLargestSecret(t *testing.T) {
	service := secrettest.New(t)
	service.Add(key, strings.Repeat("x", 64<<10))
	if got := len(mustOpen(t, service, nil).Source(variable).Current().Reveal()); got != 64<<10 {
		t.Errorf("read %d bytes", got)
	}
}

func TestOpen_NamesEveryFault(t *testing.T) {
	service := secrettest.New(t)
	service.Add(key, "one")
	service.Deny("projects/my-project/secrets/denied", true)
	_, err := open(t, service, func(o *secret.Options) {
		o.Settings = map[string]string{
			"A_GOOD": "sm://key", "B_DENIED": "sm://denied", "C_MISSING": "sm://missing", "D_MALFORMED": "sm://x/versions/one", "E_FILE": "file:///no/such/file",
		}
	})
	var got []string
	var faults secret.Faults
	errors.As(err, &faults)
	for _, f := range faults {
		got = append(got, f.Variable+" "+string(f.Reason))
	}
	if diff := cmp.Diff([]string{"B_DENIED denied", "C_MISSING missing", "D_MALFORMED malformed", "E_FILE missing"}, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestOpen_MissingCredentials(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", t.TempDir()+"/none.json")
	_, err := secret.Open(t.Context(), secret.Options{Settings: map[string]string{"A": "sm://key", "B": "sm://other"}, Project: "my-project"})
	var faults secret.Faults
	if !errors.As(err, &faults) || len(faults) != 2 || faults[0].Reason != secret.Credentials || !strings.Contains(faults[0].Hint, "application-default login") {
		t.Errorf("says %v", err)
	}
}

func TestOpen_DialsNothingWithoutReference(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", t.TempDir()+"/none.json") // creating a client would fail
	store, err := secret.Open(t.Context(), secret.Options{Settings: map[string]string{"A": "plain"}})
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
}

func TestOpen_EndsWithContext(t *testing.T) {
	service := secrettest.New(t)
	service.Add(key, "one")
	service.Slow(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := secret.Open(ctx, secret.Options{Settings: map[string]string{variable: "sm://key"}, Project: "my-project", ClientOptions: service.ClientOptions()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Open: %v", err)
	}
}
