// Command count reads the events of go test -json from standard input and
// prints one row for every test, "pass", "fail" or "skip", a tab and its name,
// to the file that it is given. What a failing test said goes to standard
// output, and why another was skipped.
//
//	go test -json ./... | count results
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is what cmd/test2json documents, and the build events of go help
// buildjson.
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Output      string
	FailedBuild string
}

// name is the test, or the package where there is no test.
func (e event) name() string {
	if e.Test == "" {
		return e.Package
	}
	return e.Package + "." + e.Test
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go test -json ./... | count FILE")
		os.Exit(2)
	}
	rows, err := os.OpenFile(os.Args[1], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		err = count(os.Stdin, rows, os.Stdout)
	}
	if err == nil {
		err = rows.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "count:", err)
		os.Exit(1)
	}
}

func count(events io.Reader, rows, said io.Writer) error {
	c := counter{rows: rows, said: said, output: map[string]*strings.Builder{}, failed: map[string]bool{}}
	in := bufio.NewReader(events)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprintf(said, "%s", line) // not an event: what go itself says
			} else {
				c.take(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

type counter struct {
	rows, said io.Writer
	output     map[string]*strings.Builder // by name of the test
	failed     map[string]bool             // packages with a failed test
}

func (c counter) take(e event) {
	switch e.Action {
	case "build-output":
		fmt.Fprint(c.said, e.Output)
	case "output":
		b := c.output[e.name()]
		if b == nil {
			b = new(strings.Builder)
			c.output[e.name()] = b
		}
		b.WriteString(e.Output)
	case "pass", "fail", "skip":
		c.end(e)
		delete(c.output, e.name())
	}
}

// end records the end of a test. A package's end counts only if the package
// failed without a failed test: it did not build, or died.
func (c counter) end(e event) {
	said := ""
	if b := c.output[e.name()]; b != nil {
		said = b.String()
	}
	if e.Test == "" && (e.Action != "fail" || c.failed[e.Package]) {
		return
	}
	fmt.Fprintf(c.rows, "%s\t%s\n", e.Action, e.name())
	switch e.Action {
	case "fail":
		c.failed[e.Package] = true
		fmt.Fprintf(c.said, "FAIL  %s\n%s", e.name(), said)
	case "skip":
		fmt.Fprintf(c.said, "skip  %s: %s\n", e.name(), reason(said))
	}
}

// reason returns what a skipped test gave as its reason, on one line.
func reason(said string) string {
	var lines []string
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}
