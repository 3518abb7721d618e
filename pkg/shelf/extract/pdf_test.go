//go:build unix

package extract

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// onPath makes a program of that name, a shell script, the only one on the
// PATH.
func onPath(t *testing.T, name, script string) {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to stand in for pdftotext")
	}
	path := write(t, name, "#!"+shell+"\n"+script)
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(path))
}

func TestPDFGoesThroughPdftotext(t *testing.T) {
	const pdf = "%PDF-1.4 not really"
	for _, c := range []struct {
		promise, script, want, reason string
	}{
		{"pages end with form feeds", `printf 'One.\fTwo.\f'`, "1:One.|2:Two.", ""},
		{"pages without text are counted", `printf 'One.\f\f\f'`, "1:One.", "2 pages hold no text"},
		{"a scan", `printf '\f\f'`, "", "holds no text"},
		{"damaged or protected", `exit 1`, "", "damaged or protected"},
		{"the file comes on standard input", `case "$6$7" in --) read line; printf "%s" "$line";; *) exit 1;; esac`, "1:%PDF-1.4 not really", ""},
		{"bytes that are not UTF-8", `printf 'a\377b'`, "1:a\uFFFDb", ""},
		{"a program that never stops writing", `while :; do echo "0123456789012345678901234567890123456789012345678901234567890123456789"; done`, "", "longer than 32 MiB"},
	} {
		t.Run(c.promise, func(t *testing.T) {
			file := write(t, "-q.pdf", pdf)
			onPath(t, "pdftotext", c.script)
			text := readAt(t, file)
			pages, status := text.Pages, text.Status
			if got := inOneLine(pages); c.want != "" && got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if c.reason == "" && status.Reason != "" || !strings.Contains(status.Reason, c.reason) {
				t.Errorf("status %+v, want a reason with %q", status, c.reason)
			}
			checkPlaces(t, pages, status)
		})
	}
	t.Run("without it the reason says what is missing", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if s := readAt(t, write(t, "a.pdf", pdf)).Status; s.Available || !strings.Contains(s.Reason, "pdftotext") {
			t.Errorf("status %+v", s)
		}
	})
	t.Run("one that hangs is ended with the call", func(t *testing.T) {
		started, never := pipe(t), pipe(t)
		folder := openFolder(t, filepath.Dir(write(t, "a.pdf", pdf)))
		onPath(t, "pdftotext", `echo > "`+started+`"; read line < "`+never+`"`)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, _ = os.ReadFile(started) // waits until the program runs
			cancel()
		}()
		if _, err := folder.Read(ctx, "a.pdf"); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

// pipe returns the path of a pipe. Opening it blocks until the other end is
// open too.
func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes with names here")
	}
	return path
}
