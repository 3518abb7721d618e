package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Variable describes one environment variable.
type Variable struct {
	Name     string
	Default  string // "" if Doc tells it or there is none
	Expected string
	Doc      string
	// Secret says that the value may be a reference to where it is kept:
	// sm://… or file:///….
	Secret bool
}

// Variables returns every variable that people set, in the order in which they
// should meet them: not the one that Cloud Run sets, nor the one of tests.
func Variables() []Variable {
	var all []Variable
	for f := range reflect.TypeFor[Config]().Fields() {
		if v := variable(f); v.Name != "K_SERVICE" && v.Name != "STORAGE_EMULATOR_HOST" {
			all = append(all, v)
		}
	}
	return all
}

func variable(f reflect.StructField) Variable {
	return Variable{Name: f.Tag.Get("env"), Default: f.Tag.Get("envDefault"), Expected: f.Tag.Get("expect"), Doc: f.Tag.Get("doc"), Secret: f.Tag.Get("secret") == "true"}
}

// Fault is what is wrong with one variable.
type Fault struct {
	Variable string
	Shape    string // what the value looks like, never the value itself
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

// Load reads the configuration from environ, a list as [os.Environ] returns.
// The error is of type [Faults] and lists every fault.
func Load(environ []string) (*Config, error) {
	vars := env.ToMap(environ)
	for name, value := range vars { // a variable set to nothing is one that is not set
		if value == "" {
			delete(vars, name)
		}
	}
	c := &Config{}
	faults := unread(env.ParseWithOptions(c, env.Options{Environment: vars}), vars)
	for _, f := range c.check() {
		if !faults.have(f.Variable) {
			faults = append(faults, f)
		}
	}
	if len(faults) > 0 {
		for i := range faults {
			if faults[i].Expected == "" {
				faults[i].Expected = expected(faults[i].Variable)
			}
		}
		return nil, faults
	}
	if c.Data == "" {
		c.Data = defaultData(vars)
	}
	return c, nil
}

// unread returns the variables whose values have not even the right form.
func unread(err error, vars map[string]string) Faults {
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
			v := variable(f)
			faults = append(faults, Fault{Variable: v.Name, Shape: shape(vars[v.Name]), Expected: v.Expected})
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

func expected(name string) string {
	for _, v := range Variables() {
		if v.Name == name {
			return v.Expected
		}
	}
	return ""
}

// defaultData returns the folder in which a user's programs keep their data:
// $XDG_DATA_HOME or ~/.local/share (XDG Base Directory Specification), and
// what macOS and Windows have for it.
func defaultData(vars map[string]string) string {
	if dir := vars["XDG_DATA_HOME"]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "stackroom")
	}
	if runtime.GOOS == "windows" && vars["LOCALAPPDATA"] != "" {
		return filepath.Join(vars["LOCALAPPDATA"], "stackroom")
	}
	home := vars["HOME"]
	if home == "" {
		home = vars["USERPROFILE"]
	}
	switch {
	case home == "":
		return filepath.Join(os.TempDir(), "stackroom")
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support", "stackroom")
	}
	return filepath.Join(home, ".local", "share", "stackroom")
}
