package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/caarlos0/env/v11"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Fault is the fault of one variable.
type Fault struct {
	Variable string
	Shape    string // the value or, if it may be secret, a description of its form
	Expected string
}

// Faults are all faults of a configuration.
type Faults []Fault

// Error lists the faults, one a line.
func (f Faults) Error() string {
	var b strings.Builder
	b.WriteString("the configuration is invalid:")
	for _, x := range f {
		b.WriteString("\n  " + x.Variable + ": " + x.Shape + "; expected " + x.Expected)
	}
	return b.String()
}

// complete fills in the empty fields of f: the value and the expected values.
func (f *Fault) complete(vars map[string]string) {
	for _, v := range allVariables() {
		if v.Name != f.Variable {
			continue
		}
		if f.Shape == "" {
			f.Shape = v.Shown(vars[v.Name])
		}
		if f.Expected == "" {
			f.Expected = v.Expected
		}
	}
}

// unread returns the variables whose values could not be parsed.
func unread(err error) Faults {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return nil
	}
	var faults Faults
	for _, e := range all.Errors {
		var parse env.ParseError
		if !errors.As(e, &parse) {
			continue
		}
		if f, ok := reflect.TypeFor[Config]().FieldByName(parse.Name); ok {
			faults = append(faults, Fault{Variable: variable(f).Name})
		}
	}
	return faults
}

func (f Faults) have(variable string) bool {
	for _, x := range f {
		if x.Variable == variable {
			return true
		}
	}
	return false
}

// expected returns the expected values of a variable.
func expected(name string) string {
	for _, v := range allVariables() {
		if v.Name == name {
			return v.Expected
		}
	}
	return ""
}

// maxShown is the most characters of a value that an error shows.
const maxShown = 80

// Shown returns a value of the variable in a form that is safe to show: quoted,
// at most 80 characters of it, or only its shape if it is or looks like a
// secret.
func (v Variable) Shown(value string) string {
	if v.Secret || looksSecret(value) {
		return shape(value)
	}
	s, cut := plaintext.Cut(value, maxShown)
	if cut {
		s += "…"
	}
	return fmt.Sprintf("%q", s)
}

var (
	keyForm      = regexp.MustCompile(`[A-Za-z0-9_+/=~-]{20,}`)
	userInfoForm = regexp.MustCompile(`//[^/@]*@`)
)

// looksSecret reports whether a value may be a secret in the wrong variable: it
// contains a password, or a long run of letters and digits.
func looksSecret(value string) bool {
	if userInfoForm.MatchString(value) {
		return true
	}
	for _, key := range keyForm.FindAllString(value, -1) {
		if strings.ContainsAny(key, "0123456789") && strings.ContainsAny(strings.ToLower(key), "abcdefghijklmnopqrstuvwxyz") && !strings.Contains(key, "/") {
			return true
		}
	}
	return false
}

// shape describes the form of a value without quoting it.
func shape(s string) string {
	n := len([]rune(s))
	switch {
	case n == 0:
		return "empty"
	case strings.Trim(s, "0123456789") == "":
		return fmt.Sprintf("a number of %d digits", n)
	case strings.TrimSpace(s) != s:
		return fmt.Sprintf("text of %d characters with space around it", n)
	}
	return fmt.Sprintf("text of %d characters", n)
}
