package bundle

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// ContentsOf returns what a catalogue shows to a client that asks for it.
func ContentsOf(ctx context.Context, catalog *tool.Catalog) (Contents, error) {
	var c Contents
	for _, d := range catalog.Definitions() {
		c.Tools = append(c.Tools, Tool{Name: d.Name, Description: d.Description})
	}
	identity := &mcp.Implementation{Name: "stackroom", Version: development}
	server := mcp.NewServer(identity, catalog.ServerOptions())
	if err := catalog.Register(server); err != nil {
		return Contents{}, err
	}
	near, far := mcp.NewInMemoryTransports()
	serving, err := server.Connect(ctx, far, nil)
	if err != nil {
		return Contents{}, err
	}
	defer func() { _ = serving.Wait() }()
	session, err := mcp.NewClient(identity, nil).Connect(ctx, near, nil)
	if err != nil {
		return Contents{}, err
	}
	defer func() { _ = session.Close() }() // in memory: nothing can be lost
	c.Prompts, err = promptsOf(ctx, session)
	return c, err
}

// promptsOf returns the prompts of a session, asked for with placeholders. A
// host puts something in place of every placeholder, if need be nothing, so
// only arguments that a prompt can't do without are among them; the program
// itself offers the others.
func promptsOf(ctx context.Context, session *mcp.ClientSession) ([]Prompt, error) {
	var prompts []Prompt
	for offered, err := range session.Prompts(ctx, nil) {
		if err != nil {
			return nil, err
		}
		p := Prompt{Name: offered.Name, Description: offered.Description}
		given := map[string]string{}
		for _, a := range offered.Arguments {
			if a.Required {
				p.Arguments = append(p.Arguments, a.Name)
				given[a.Name] = "${arguments." + a.Name + "}"
			}
		}
		result, err := session.GetPrompt(ctx, &mcp.GetPromptParams{Name: p.Name, Arguments: given})
		if err != nil {
			return nil, err
		}
		for _, m := range result.Messages {
			if text, ok := m.Content.(*mcp.TextContent); ok {
				p.Text += text.Text
			}
		}
		prompts = append(prompts, p)
	}
	return prompts, nil
}
