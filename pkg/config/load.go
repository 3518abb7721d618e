package config

import (
	"cmp"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Variable describes one environment variable.
type Variable struct {
	Name     string
	Group    string // group of related settings
	Default  string // "" if Doc describes it or there is none
	Expected string
	Doc      string
	// Secret reports whether the value may be a reference to a secret: sm://…
	// or file:///….
	Secret bool
}

// Variables returns every variable that people set, by group, in the order in
// which people need them.
func Variables() []Variable {
	return slices.DeleteFunc(allVariables(), func(v Variable) bool { return v.Group == "" })
}

// allVariables returns every variable that the program reads. Those that people
// don't set have no group.
func allVariables() []Variable {
	var all []Variable
	group := ""
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Name == "_" {
			group = f.Tag.Get("group")
			continue
		}
		v := variable(f)
		v.Group = group
		all = append(all, v)
	}
	return all
}

func variable(f reflect.StructField) Variable {
	return Variable{Name: f.Tag.Get("env"), Default: f.Tag.Get("envDefault"), Expected: f.Tag.Get("expect"), Doc: f.Tag.Get("doc"), Secret: f.Tag.Get("secret") == "true"}
}

// Load parses the configuration in environ, a list in the form of [os.Environ].
// The error is of type [Faults] and lists every fault.
func Load(environ []string) (*Config, error) {
	vars := env.ToMap(environ)
	for name, value := range vars { // an empty variable counts as unset
		if value == "" {
			delete(vars, name)
		}
	}
	c := &Config{}
	faults := unread(env.ParseWithOptions(c, env.Options{Environment: vars}))
	for _, f := range c.check() {
		if !faults.have(f.Variable) {
			faults = append(faults, f)
		}
	}
	if len(faults) > 0 {
		for i := range faults {
			faults[i].complete(vars)
		}
		return nil, faults
	}
	if c.DataGiven = c.Data != ""; !c.DataGiven {
		c.Data = defaultData(vars)
	}
	if home := homeOf(vars); home != "" {
		c.ZoteroHome = filepath.Join(home, "Zotero")
		if rest, ok := strings.CutPrefix(c.ZoteroData, "~/"); ok { // no shell expands what a client's settings say
			c.ZoteroData = filepath.Join(home, rest)
		}
	}
	return c, nil
}

// homeOf returns the user's home folder, or "".
func homeOf(vars map[string]string) string {
	return cmp.Or(vars["HOME"], vars["USERPROFILE"])
}

// defaultData returns the user's data folder for Stackroom: below
// $XDG_DATA_HOME or ~/.local/share (XDG Base Directory Specification), or the
// equivalent on macOS and Windows.
func defaultData(vars map[string]string) string {
	if dir := vars["XDG_DATA_HOME"]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "stackroom")
	}
	if runtime.GOOS == "windows" && vars["LOCALAPPDATA"] != "" {
		return filepath.Join(vars["LOCALAPPDATA"], "stackroom")
	}
	home := homeOf(vars)
	switch {
	case home == "":
		return filepath.Join(os.TempDir(), "stackroom")
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support", "stackroom")
	}
	return filepath.Join(home, ".local", "share", "stackroom")
}
