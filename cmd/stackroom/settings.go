package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/config"
)

// settingsCommand prints every setting, and what is set now.
type settingsCommand struct {
	Markdown bool `help:"Print them as Markdown tables."`
}

// Run implements the command.
func (c *settingsCommand) Run(p *process) error {
	if c.Markdown {
		_, err := io.WriteString(p.stdout, settingsTable(config.Variables()))
		return err
	}
	fmt.Fprintln(p.stdout, "Settings are environment variables. A secret may be a reference to where it is")
	fmt.Fprintln(p.stdout, "kept: sm://SECRET in Google's Secret Manager, or file:///PATH.")
	now := map[string]string{}
	for _, v := range p.environ {
		name, value, _ := strings.Cut(v, "=")
		now[name] = value
	}
	group := ""
	for _, v := range config.Variables() {
		if v.Group != group {
			group = v.Group
			fmt.Fprintf(p.stdout, "\n%s\n", group)
		}
		text := settingText(v)
		if value := now[v.Name]; value != "" {
			text += " Now: " + v.Shown(value) + "."
		}
		printRow(p.stdout, v.Name, text)
	}
	return warnUnknown(p.stderr, p.environ)
}

// settingText says what a setting is for, what it takes, its default, and
// whether it is secret.
func settingText(v config.Variable) string {
	s := v.Doc + " Expected: " + v.Expected + "."
	if v.Default != "" {
		s += " Default: " + v.Default + "."
	}
	if v.Secret {
		s += " Secret."
	}
	return s
}

// pageSettings returns the settings of a server that others reach, or else those of the
// libraries and what is done with them. A page of docs/ has each.
func pageSettings(server bool) []config.Variable {
	return slices.DeleteFunc(config.Variables(), func(v config.Variable) bool {
		switch v.Group {
		case "Directories", "Address", "Sign-in", "Limits", "Operation", "Log and traces":
			return !server
		}
		return server
	})
}

// settingsTable returns settings in Markdown, a table for each group.
func settingsTable(settings []config.Variable) string {
	var b strings.Builder
	group := ""
	for _, v := range settings {
		if v.Group != group {
			if group != "" {
				b.WriteString("\n")
			}
			group = v.Group
			fmt.Fprintf(&b, "**%s**\n\n| setting | default | secret | what it is for |\n|---|---|---|---|\n", group)
		}
		def, secret := "", ""
		if v.Default != "" {
			def = "`" + v.Default + "`"
		}
		if v.Secret {
			secret = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s Expected: %s. |\n", v.Name, def, secret, v.Doc, v.Expected)
	}
	return b.String()
}

// warnUnknown prints the variables that look like misspelt settings.
func warnUnknown(w io.Writer, environ []string) error {
	for _, u := range config.FindUnknown(environ) {
		if _, err := fmt.Fprintln(w, "stackroom: warning:", u); err != nil {
			return err
		}
	}
	return nil
}

// logUnknown is [warnUnknown] for a log.
func logUnknown(ctx context.Context, logger *slog.Logger, environ []string) {
	for _, u := range config.FindUnknown(environ) {
		logger.WarnContext(ctx, "a variable looks like a setting, but is none and is ignored", "variable", u.Name, "nearest", u.Nearest)
	}
}
