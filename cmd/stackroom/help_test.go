package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/stackroom-mcp/stackroom/pkg/config"
)

// commandsOf returns every command line of the program, such as "token new",
// with the flags of each; "" is the program.
func commandsOf(t *testing.T) map[string][]string {
	t.Helper()
	parser, err := newParser(&process{stdout: &output{}, stderr: &output{}}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	var visit func(path string, n *kong.Node)
	visit = func(path string, n *kong.Node) {
		all[path] = []string{}
		for _, f := range n.Flags {
			all[path] = append(all[path], "--"+f.Name)
		}
		for _, child := range n.Children {
			if child.Type == kong.CommandNode {
				visit(strings.TrimSpace(path+" "+child.Name), child)
			}
		}
	}
	visit("", parser.Model.Node)
	return all
}

func helpOf(t *testing.T, path string) string {
	t.Helper()
	status, stdout, stderr := run(t, nil, append(strings.Fields(path), "--help")...)
	if status != 0 || stderr != "" {
		t.Errorf("%q: status %d, %s", path, status, stderr)
	}
	return stdout
}

func TestHelp_OfEveryCommand(t *testing.T) {
	for path, flags := range commandsOf(t) {
		help := helpOf(t, path)
		for _, want := range append(flags, "Usage: stackroom", "\nExamples:\n") {
			if !strings.Contains(help, want) {
				t.Errorf("%q: no %q in\n%s", path, want, help)
			}
		}
		before, _, _ := strings.Cut(help, "\nExamples:\n")
		for line := range strings.SplitSeq(before, "\n") {
			if utf8.RuneCountInString(line) > helpWidth || strings.TrimRight(line, " ") != line {
				t.Errorf("%q: the line %q", path, line)
			}
		}
	}
}

func TestHelp_ListsCommandsInGroups(t *testing.T) {
	help := helpOf(t, "")
	at := 0
	for _, want := range []string{
		"Serve a library\n", "  serve ", "  stdio ", "Fill a library and cite from it\n", "  import ", "  cite ", "Set up and check\n", "  settings ", "  doctor ", "  token new ", "  token list ", "  token revoke ", "  token key ", "  healthcheck ",
		"Describe and package\n", "  catalog ", "  bundle ", "  version ",
	} {
		i := strings.Index(help[at:], want)
		if i < 0 {
			t.Fatalf("no %q after %q", want, help[:at])
		}
		at += i
	}
	status, stdout, _ := run(t, nil)
	if status != exitUsage || stdout != help {
		t.Errorf("without a command: status %d, %.100q", status, stdout)
	}
}

var exampleForm = regexp.MustCompile(`(?:^|[;&(] *)((?:[A-Z_]+=\S+ )*)stackroom( [^;&>()]+)?`)

// TestHelp_ExamplesAreValid parses the command lines of all examples, and
// checks that the settings in them exist.
func TestHelp_ExamplesAreValid(t *testing.T) {
	var known []string
	for _, v := range config.Variables() {
		known = append(known, v.Name)
	}
	for path := range commandsOf(t) {
		own := false
		for _, e := range examplesOf(path) {
			if e.purpose == "" || !strings.Contains(helpOf(t, path), "  # "+e.purpose+"\n  "+e.line+"\n") {
				t.Errorf("%q: the help lacks %q", path, e.line)
			}
			line := e.line
			if _, after, ok := strings.Cut(line, " -- "); ok {
				line = after // of another program
			}
			found := exampleForm.FindAllStringSubmatch(line, -1)
			if len(found) == 0 {
				t.Errorf("%q: %q has no command of ours", path, e.line)
			}
			for _, f := range found {
				for setting := range strings.FieldsSeq(f[1]) {
					if name, _, _ := strings.Cut(setting, "="); !slices.Contains(known, name) {
						t.Errorf("%q: %s is no setting", e.line, name)
					}
				}
				parser, err := newParser(&process{stdout: &output{}, stderr: &output{}}, func(int) {})
				if err != nil {
					t.Fatal(err)
				}
				_, err = parser.Parse(strings.Fields(f[2]))
				if err != nil && !strings.Contains(err.Error(), "no such file") { // of --binary
					t.Errorf("%q: %v", e.line, err)
				}
				own = own || strings.HasPrefix(strings.TrimSpace(f[2]), path)
			}
		}
		if !own {
			t.Errorf("%q has no example of its own", path)
		}
	}
}

func TestHelp_NamesSettings(t *testing.T) {
	serve := helpOf(t, "serve")
	for _, v := range config.Variables() {
		if !regexp.MustCompile(`(?m)^  ` + v.Name + `  +\S`).MatchString(serve) {
			t.Errorf("the help of serve has no row for %s", v.Name)
		}
		if !strings.Contains(serve, "\n"+v.Group+"\n") {
			t.Errorf("the help of serve has no group %q", v.Group)
		}
	}
	for path, want := range map[string]string{"stdio": "ZOTERO_API_KEY", "import": "STACKROOM_DATA", "cite": "STACKROOM_STYLES", "healthcheck": "STACKROOM_ADDR", "token new": "STACKROOM_TOKENS", "token list": "STACKROOM_TOKENS", "token revoke": "STACKROOM_TOKENS", "token key": "STACKROOM_MASTER_KEY"} {
		if help := helpOf(t, path); !strings.Contains(help, "\n  "+want+" ") || strings.Contains(help, "RATE_LIMIT_MAX") {
			t.Errorf("%s: %s", path, help)
		}
	}
}

func TestVersion_FlagAndCommandAgree(t *testing.T) {
	_, flag, _ := run(t, nil, "--version")
	status, command, _ := run(t, nil, "version")
	if status != 0 || flag != command || !regexp.MustCompile(`^stackroom \S+( [0-9a-f]+)?\n$`).MatchString(flag) {
		t.Errorf("%q and %q", flag, command)
	}
}

func TestSettings_AreComplete(t *testing.T) {
	status, stdout, stderr := run(t, []string{"STACKROOM_PORT=1"}, "settings")
	if status != 0 || !strings.Contains(stderr, "STACKROOM_PORT is not a setting and is ignored; did you mean PORT?") {
		t.Errorf("status %d, %s", status, stderr)
	}
	_, markdown, _ := run(t, nil, "settings", "--markdown")
	text := strings.Join(strings.Fields(stdout), " ")
	for _, v := range config.Variables() {
		row := v.Name + " " + settingText(v)
		if !strings.Contains(text, row) || strings.Contains(row, " Secret.") != v.Secret || v.Default != "" && !strings.Contains(row, "Default: "+v.Default+".") {
			t.Errorf("no %q in the text", row)
		}
		secret := ""
		if v.Secret {
			secret = "yes"
		}
		def := ""
		if v.Default != "" {
			def = "`" + v.Default + "`"
		}
		if !strings.Contains(markdown, "| `"+v.Name+"` | "+def+" | "+secret+" | "+v.Doc+" Expected: "+v.Expected+". |\n") || !strings.Contains(markdown, "**"+v.Group+"**\n") {
			t.Errorf("no row of %s in the Markdown", v.Name)
		}
	}
	for line := range strings.SplitSeq(stdout, "\n") {
		if n := utf8.RuneCountInString(line); n > helpWidth && strings.Contains(strings.TrimSpace(line[helpColumn:]), " ") {
			t.Errorf("a line of %d: %q", n, line)
		}
	}
}

func TestSettings_ShowValues(t *testing.T) {
	_, stdout, _ := run(t, []string{"LOG_LEVEL=debug", "ZOTERO_API_KEY=goodkey1", "STACKROOM_DATA="}, "settings")
	text := strings.Join(strings.Fields(stdout), " ")
	if !strings.Contains(text, `Default: info. Now: "debug".`) || !strings.Contains(text, "Secret. Now: text of 8 characters.") || strings.Count(text, " Now: ") != 2 || strings.Contains(text, "goodkey1") {
		t.Error(text)
	}
}

func TestUsage_WrongCommandLine(t *testing.T) {
	for _, args := range [][]string{{"fly"}, {"serve", "--port=1"}, {"import", "--format", "word", "x.bib"}, {"token"}} {
		status, stdout, stderr := run(t, nil, args...)
		if status != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "stackroom: ") || !strings.Contains(stderr, "--help") {
			t.Errorf("%q: status %d, %q, %s", args, status, stdout, stderr)
		}
	}
}
