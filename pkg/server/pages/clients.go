package pages

import (
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/url"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/server/origin"
)

// client describes how to connect one client.
type client struct {
	ID, Name string
	Steps    []step
}

// step is a part of a client's instructions: text, a link, text to copy, or
// several of them.
type step struct {
	Text string
	Link *link
	Code string
}

// link is a link that opens a client.
type link struct {
	Text string
	URL  template.URL
}

// tokenHere marks where people insert their token.
const tokenHere = "YOUR_TOKEN"

// guide holds the facts on which the instructions depend.
type guide struct {
	url    string
	tokens bool // a token goes into the client's settings
	local  bool // the URL is one of this machine
}

// clients returns the instructions of each common client for an MCP URL, the likely
// ones first: for a server on this machine those that run here.
func clients(address string, signIn SignIn) []client {
	g := guide{url: address, tokens: signIn == SignInToken}
	if u, err := url.Parse(address); err == nil {
		g.local = origin.IsLoopback(u.Host)
	}
	claude, code := client{"claude", "Claude (web, desktop and phone)", g.claude()}, client{"claude-code", "Claude Code", g.claudeCode()}
	chat := client{"chatgpt", "ChatGPT", g.chatGPT()}
	editors := []client{{"cursor", "Cursor", g.cursor()}, {"vscode", "VS Code", g.vsCode()}, {"gemini", "Gemini CLI", g.gemini()}}
	if !g.local {
		return append([]client{claude, code, chat}, editors...)
	}
	all := append([]client{code}, editors...)
	if signIn == SignInNone {
		all = append([]client{desktop()}, all...)
	}
	return append(all, claude, chat)
}

// desktop returns the client that starts the program itself.
func desktop() client {
	return client{"claude-desktop", "Claude Desktop, without a server", []step{{
		Text: "In claude_desktop_config.json, with stackroom on the PATH:",
		Code: settings("mcpServers", map[string]any{"command": "stackroom", "args": []string{"stdio"}}),
	}}}
}

// examples returns questions to begin with. README has them too.
func examples() []string {
	return []string{
		"What do I have on natural selection, and what does each work say about it?",
		"Which of these papers disagree with each other? Quote the passages, with pages.",
		"Summarise my notes and highlights on this book.",
		"What did my group add this week?",
		`Find everything tagged "methods" that I have not annotated.`,
		`Give me BibTeX for the works in the collection "Thesis, chapter 2".`,
		"Which works of 1950 to 1960 mention DNA in their full text?",
		"Where does Darwin write about pigeons?",
		"Which references in this draft are in my library?",
		"Check the references of this chapter: does each exist, is the year right, was any retracted?",
	}
}

// bearer is the Authorization header for people to complete.
const bearer = "Bearer " + tokenHere

// unreachable says that a client which calls from the internet can't use a
// local address.
func (g guide) unreachable() []step {
	if !g.local {
		return nil
	}
	return []step{{Text: "It calls from the internet and can't reach an address on your computer: this works once the server has a public HTTPS address."}}
}

// claude returns the steps for Claude's connectors.
func (g guide) claude() []step {
	steps := append(g.unreachable(), step{Text: "Open Settings → Connectors, choose Add custom connector, and paste the address:", Code: g.url})
	if g.tokens {
		return append(steps, step{Text: "Connectors sign in through a browser, but this server uses tokens. Connectors work only where Claude offers request headers: add Authorization with this value. Otherwise use Claude Code.", Code: bearer})
	}
	return append(steps, step{Text: "Then choose Connect. In a team or enterprise plan an owner adds the connector first, under the organisation's settings."})
}

// claudeCode returns the steps for Claude Code, which expects headers after the
// URL.
func (g guide) claudeCode() []step {
	command := "claude mcp add --transport http stackroom " + g.url
	if g.tokens {
		return []step{{Text: "In a terminal:", Code: command + ` --header "Authorization: ` + bearer + `"`}}
	}
	return []step{{Text: "In a terminal:", Code: command}, {Text: "To sign in, run /mcp inside Claude Code and choose stackroom."}}
}

// chatGPT returns the steps for ChatGPT, which does not support tokens.
func (g guide) chatGPT() []step {
	if g.tokens {
		return []step{{Text: "ChatGPT signs in through a browser and does not support tokens, so it can't use this server as it is set up now."}}
	}
	return append(g.unreachable(),
		step{Text: "Open Settings → Apps & Connectors → Advanced settings and turn on Developer mode. Then choose Create there, and paste the address:", Code: g.url})
}

// cursor returns the steps for Cursor (docs.cursor.com, deeplinks and
// mcp.json).
func (g guide) cursor() []step {
	server := map[string]any{"url": g.url}
	if g.tokens {
		server["headers"] = map[string]string{"Authorization": bearer}
	}
	config := base64.StdEncoding.EncodeToString([]byte(compact(server)))
	steps := []step{{Link: &link{"Add to Cursor",
		template.URL("cursor://anysphere.cursor-deeplink/mcp/install?name=stackroom&config=" + url.QueryEscape(config))}}} //nolint:gosec // made here, of escaped parts
	if g.tokens {
		steps = append(steps, step{Text: "Cursor shows the header before it installs; put your token in place of " + tokenHere + "."})
	}
	return append(steps, step{Text: "Or in ~/.cursor/mcp.json:", Code: settings("mcpServers", server)})
}

// vsCode returns the steps for VS Code (code.visualstudio.com, MCP developer
// guide, "MCP URL handler", and the format of mcp.json). VS Code asks for the
// token itself and does not store it in the file.
func (g guide) vsCode() []step {
	server := map[string]any{"type": "http", "url": g.url}
	file := map[string]any{"servers": map[string]any{"stackroom": server}}
	install := map[string]any{"name": "stackroom", "type": "http", "url": g.url}
	if g.tokens {
		inputs := []map[string]any{{"id": "stackroom-token", "type": "promptString", "description": "Token for Stackroom", "password": true}}
		server["headers"] = map[string]string{"Authorization": "Bearer ${input:stackroom-token}"}
		install["headers"], install["inputs"], file["inputs"] = server["headers"], inputs, inputs
	}
	steps := []step{{Link: &link{"Add to VS Code",
		template.URL("vscode:mcp/install?" + strings.ReplaceAll(url.QueryEscape(compact(install)), "+", "%20"))}}} //nolint:gosec // made here, of escaped parts
	if g.tokens {
		steps = append(steps, step{Text: "VS Code asks for the token when it first connects, and stores it securely."})
	}
	return append(steps,
		step{Text: "Or in a terminal:", Code: "code --add-mcp '" + compact(install) + "'"},
		step{Text: "Or in .vscode/mcp.json:", Code: indented(file)})
}

// gemini returns the steps for the Gemini CLI, whose settings use httpUrl
// instead of url.
func (g guide) gemini() []step {
	header, server := "", map[string]any{"httpUrl": g.url}
	if g.tokens {
		header = `--header "Authorization: ` + bearer + `" `
		server["headers"] = map[string]string{"Authorization": bearer}
	}
	return []step{
		{Text: "In a terminal:", Code: "gemini mcp add --scope user --transport http " + header + "stackroom " + g.url},
		{Text: "Or in ~/.gemini/settings.json:", Code: settings("mcpServers", server)},
	}
}

// settings returns the part of a settings file for one server.
func settings(key string, server any) string {
	return indented(map[string]any{key: map[string]any{"stackroom": server}})
}

// compact returns value as JSON on one line. It does not escape HTML; the
// template does.
func compact(value any) string { return encoded(value, "") }

// indented returns value as indented JSON.
func indented(value any) string { return encoded(value, "  ") }

// encoded returns value as JSON.
func encoded(value any, indent string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	_ = e.Encode(value) // maps of strings, which encode
	return strings.TrimSuffix(b.String(), "\n")
}
