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

// Fault is what is wrong with one variable.
type Fault struct {
	Variable string
	Shape    string // the value or, where it may be secret, what it looks like
	Expected string
}

// Faults is everything that is wrong with a configuration.
type Faults []Fault

// Error lists the faults, a line each.
func (f Faults) Error() string {
	var b strings.Builder
	b.WriteString("the configuration is not usable:")
	for _, x := range f {
		b.WriteString("\n  " + x.Variable + ": " + x.Shape + "; expected " + x.Expected)
	}
	return b.String()
}

// complete fills in what f leaves open: the value, and what is expected.
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

// unread returns the variables whose values have not even the right form.
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

// expected returns what is expected of a variable's value.
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

// Shown returns a value of the variable as a person may see it: quoted, at most
// 80 characters of it, or only its shape if it is or looks like a secret.
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

// looksSecret reports whether a value may be a secret that was put into the
// wrong variable: it has a password, or a long run of letters and digits.
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

// shape describes a value without repeating it.
func shape(s string) string {
	n := len([]rune(s))
	switch {
	case n == 0:
		return "empty"
	case strings.Trim(s, "0123456789") == "":
		return fmt.Sprintf("a number of %d digits", n)
	case strings.TrimSpace(s) != s:
		return fmt.Sprintf("%d characters with space around them", n)
	}
	return fmt.Sprintf("text of %d characters", n)
}
