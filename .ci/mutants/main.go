// Command mutants checks the tests: it changes one line of the product at a time,
// runs the tests that should notice, and reports which changes survive.
//
//	go run ./.ci/mutants [-only TEXT] [-root DIR] [-check]
//
// The changes are in mutants.txt. Each is made in an overlay (go help build,
// "-overlay"), so the source tree stays as it is. The command fails if a change
// no longer applies, if a survivor has no reason in the table, or if less than
// 85 % of the changes are noticed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	leastKilled = 85 // percent
	// testTime bounds the tests of one change. A change that makes them hang, such
	// as a missing unlock, is noticed by it.
	testTime = 90 * time.Second
	jobs     = 2
)

func main() {
	root := flag.String("root", ".", "folder of the module")
	only := flag.String("only", "", "run only the mutants whose text contains this")
	check := flag.Bool("check", false, "check that each mutant applies, and run none")
	flag.Parse()
	if err := run(os.Stdout, *root, *only, *check); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run runs the mutants of the table that contain only, and writes a line for
// each.
func run(w io.Writer, root, only string, check bool) error {
	table, err := os.ReadFile(filepath.Join(root, ".ci", "mutants", "mutants.txt"))
	if err != nil {
		return err
	}
	all, err := parse(string(table))
	if err != nil {
		return err
	}
	var chosen []*mutant
	for i := range all {
		m := &all[i]
		if !strings.Contains(m.String(), only) {
			continue
		}
		if err := m.find(root); err != nil {
			return err
		}
		chosen = append(chosen, m)
	}
	if check {
		_, err := fmt.Fprintf(w, "%d mutants apply\n", len(chosen))
		return err
	}
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	test(w, root, dir, chosen)
	return judge(w, chosen)
}

// test runs the mutants, jobs at a time.
func test(w io.Writer, root, dir string, mutants []*mutant) {
	var all sync.WaitGroup
	var writing sync.Mutex
	next := make(chan int)
	for range jobs {
		all.Go(func() {
			for i := range next {
				m := mutants[i]
				start := time.Now()
				m.verdict = m.run(root, filepath.Join(dir, fmt.Sprint(i)))
				writing.Lock()
				fmt.Fprintf(w, "%-8s %4.0f s  %s\n", m.verdict, time.Since(start).Seconds(), m)
				writing.Unlock()
			}
		})
	}
	for i := range mutants {
		next <- i
	}
	close(next)
	all.Wait()
}

// The verdicts on a mutant.
const (
	killed   = "killed"
	survived = "survived"
	broken   = "broken" // it does not compile, so it says nothing
)

// judge writes the totals, and returns an error if the tests notice too little.
func judge(w io.Writer, mutants []*mutant) error {
	count := map[string]int{}
	var faults []error
	for _, m := range mutants {
		count[m.verdict]++
		switch {
		case m.verdict == broken:
			faults = append(faults, fmt.Errorf("does not compile: %s", m))
		case m.verdict == survived && m.reason == "":
			faults = append(faults, fmt.Errorf("survived without a reason: %s", m))
		case m.verdict == killed && m.reason != "":
			faults = append(faults, fmt.Errorf("killed, though the table has a reason to survive: %s", m))
		}
	}
	percent := 100 * count[killed] / max(1, len(mutants))
	fmt.Fprintf(w, "%d mutants: %d killed (%d %%), %d survived\n", len(mutants), count[killed], percent, count[survived])
	if percent < leastKilled {
		faults = append(faults, fmt.Errorf("less than %d %% of the mutants are killed", leastKilled))
	}
	return errors.Join(faults...)
}

// mutant is one change.
type mutant struct {
	dir      string // of the package that is changed
	tests    string // folder of the package whose tests run
	old, new string // one line or a part of it
	reason   string // why it survives, or ""

	path    string // of the file that has old
	verdict string
}

func (m *mutant) String() string { return fmt.Sprintf("%s: %s → %s", m.dir, m.old, m.new) }

// parse reads the table: blocks "package [tested by package]", "- old", "+ new"
// and, for a change that may survive, "= reason".
func parse(table string) ([]mutant, error) {
	var all []mutant
	var dir, tests string
	for n, line := range strings.Split(table, "\n") {
		mark, text, _ := strings.Cut(line, " ")
		last := len(all) - 1
		switch {
		case line == "" || mark == "#":
		case mark == "-":
			all = append(all, mutant{dir: dir, tests: tests, old: text})
		case mark == "+" && last >= 0 && all[last].new == "":
			all[last].new = text
		case mark == "=" && last >= 0 && text != "":
			all[last].reason = text
		case strings.HasPrefix(line, "pkg/"):
			dir, tests, _ = strings.Cut(line, " tested by ")
			if tests == "" {
				tests = dir
			}
		default:
			return nil, fmt.Errorf("mutants.txt, line %d: %q is not understood", n+1, line)
		}
	}
	return all, nil
}

// find finds the one file of the package that has the old text, once.
func (m *mutant) find(root string) error {
	files, err := filepath.Glob(filepath.Join(root, m.dir, "*.go"))
	if err != nil {
		return err
	}
	n := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if c := strings.Count(string(text), m.old); c > 0 {
			n += c
			m.path = file
		}
	}
	if n != 1 || m.old == m.new {
		return fmt.Errorf("the old text occurs %d times in the package: %s", n, m)
	}
	return nil
}

// run runs the tests with the change, and returns the verdict.
func (m *mutant) run(root, dir string) string {
	overlay, err := m.overlay(dir)
	if err != nil {
		return broken
	}
	ctx, cancel := context.WithTimeout(context.Background(), testTime+time.Minute) // the minute is to compile
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-count=1", "-failfast", "-timeout", testTime.String(), "./"+m.tests) //nolint:gosec // from our own table
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return survived
	case strings.Contains(string(out), "[build failed]") || strings.Contains(string(out), "[setup failed]"):
		return broken
	}
	return killed
}

// overlay writes the changed file and the overlay that names it, into dir.
func (m *mutant) overlay(dir string) (string, error) {
	text, err := os.ReadFile(m.path)
	if err != nil {
		return "", err
	}
	original, err := filepath.Abs(m.path)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(dir, filepath.Base(m.path))
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, errors.Join(
		os.MkdirAll(dir, 0o700),
		os.WriteFile(changed, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600),
		os.WriteFile(overlay, replace, 0o600))
}
