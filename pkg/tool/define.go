package tool

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Definition describes a tool to its callers.
type Definition struct {
	Name         string          `json:"name"` // ^[a-z][a-z0-9_]{0,39}$
	Title        string          `json:"title"`
	Description  string          `json:"description"` // under 1 kB: what it does, when to use it and when not
	Hints        Hints           `json:"hints"`
	InputSchema  json.RawMessage `json:"inputSchema"`
	OutputSchema json.RawMessage `json:"outputSchema"`
	// Complete says that the tool needs nothing but its arguments: it sends
	// nothing to the client while it runs unless the request has a progress
	// token, and each of its results is what [Result] makes of [Catalog.Call].
	Complete bool `json:"-"`
}

// Hints say how a tool behaves (MCP, ToolAnnotations). OpenWorld says that a
// tool asks services beyond the caller's libraries.
type Hints struct {
	ReadOnly    bool `json:"readOnly"`
	Destructive bool `json:"destructive"`
	Idempotent  bool `json:"idempotent"`
	OpenWorld   bool `json:"openWorld"`
}

// definition is a tool with what it does.
type definition struct {
	Definition
	wire *mcp.Tool
	run  func(ctx context.Context, arguments json.RawMessage, p *progress) (json.RawMessage, error)
	// ask answers tools/call in place of run, if the tool may ask the person who
	// calls; nil for tools that read.
	ask func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error)
}

// answer is the JSON of an Out that keeps its budget, and how many entries
// of its list were kept for that.
type answer[Out any] struct {
	json json.RawMessage
	kept int
}

// about is what a tool says of itself.
type about struct{ name, title, description string }

// describe returns a tool without what it does.
func describe[In, Out any](a about, fields []field[In], hints Hints) (*definition, error) {
	in, err := json.Marshal(inputSchema(fields))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.name, err)
	}
	schema, err := outputSchema[Out]()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.name, err)
	}
	out, err := json.Marshal(schema)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.name, err)
	}
	d := &definition{Definition: Definition{
		Name: a.name, Title: a.title, Description: a.description, Hints: hints, InputSchema: in, OutputSchema: out,
	}}
	d.wire = wireTool(d.Definition)
	return d, nil
}

// readTool defines a tool that reads. All that a tool gets to work with is a
// [*call], which hands out nothing but [library.Reader]: so the hints can't
// lie.
func readTool[In, Out any](c *Catalog, a about, fields []field[In], do func(context.Context, *call, In) (answer[Out], error)) (*definition, error) {
	d, err := describe[In, Out](a, fields, Hints{ReadOnly: true, Idempotent: true})
	if err != nil {
		return nil, err
	}
	d.Complete = true
	d.run = func(ctx context.Context, arguments json.RawMessage, p *progress) (json.RawMessage, error) {
		in, err := decode(fields, arguments)
		if err != nil {
			return nil, err
		}
		return c.withinBytes(func(budget int) (json.RawMessage, error) {
			call := c.newCall(func() digest { return argumentDigest(a.name, fields, &in) })
			call.progress, call.budget = p, budget
			out, err := do(ctx, call, in)
			if rejected := call.standing.rejected(); err == nil && rejected != nil {
				return nil, rejected
			}
			return out.json, err
		})
	}
	return d, nil
}

// withinBytes returns what run makes of the budget in characters. Where that is more
// than [Options].ResultBytes, it runs again with the budget for the script of the
// answer, then with that for four bytes a character. An answer that can't be made
// smaller stays as it is.
func (c *Catalog) withinBytes(run func(budget int) (json.RawMessage, error)) (json.RawMessage, error) {
	out, err := run(c.budget)
	if err != nil || c.bytes == 0 || len(out) <= c.bytes {
		return out, err
	}
	for _, budget := range [...]int{utf8.RuneCount(out) * c.bytes / len(out), c.bytes / utf8.UTFMax} {
		smaller, err := run(budget)
		if err != nil {
			break
		}
		if out = smaller; len(out) <= c.bytes {
			break
		}
	}
	return out, nil
}

// wireTool returns the definition as MCP lists it.
func wireTool(d Definition) *mcp.Tool {
	return &mcp.Tool{
		Name: d.Name, Title: d.Title, Description: d.Description,
		Annotations: &mcp.ToolAnnotations{
			// Directories of servers read the title here.
			Title: d.Title, ReadOnlyHint: d.Hints.ReadOnly, IdempotentHint: d.Hints.Idempotent,
			DestructiveHint: &d.Hints.Destructive, OpenWorldHint: &d.Hints.OpenWorld,
		},
		InputSchema: d.InputSchema, OutputSchema: d.OutputSchema,
	}
}

// handle answers tools/call. A failure is a result that the assistant reads,
// not a protocol error, so that it can correct its call.
func (d *definition) handle(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if d.ask != nil {
		return d.ask(ctx, req)
	}
	return Result(d.run(ctx, req.Params.Arguments, newProgress(ctx, req))), nil
}

// Result returns the MCP result of a tool's structured answer, or of the error
// with which it failed.
func Result(out json.RawMessage, err error) *mcp.CallToolResult {
	if err != nil {
		return failure(err)
	}
	return &mcp.CallToolResult{
		Content:           []mcp.Content{&mcp.TextContent{Text: string(out)}},
		StructuredContent: out,
	}
}

// encode returns v as JSON. Angle brackets and ampersands stay as they are:
// escaping them would triple their length for readers that are not browsers.
func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding an answer: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// fit returns the answer that build makes of the first n entries of something,
// or of as many as fit into budget characters. build says in the answer what
// was left out. At least one entry is kept; if that is too much, the answer is
// an error.
func fit[Out any](budget, n int, build func(n int) Out) (answer[Out], error) {
	whole, err := encode(build(n))
	if err != nil || utf8.RuneCount(whole) <= budget {
		return answer[Out]{whole, n}, err
	}
	var best json.RawMessage
	kept := 0
	for low, high := 1, n-1; low <= high; {
		middle := (low + high) / 2
		part, err := encode(build(middle))
		if err != nil {
			return answer[Out]{}, err
		}
		if utf8.RuneCount(part) <= budget {
			best, kept, low = part, middle, middle+1
		} else {
			high = middle - 1
		}
	}
	if best == nil {
		return answer[Out]{}, library.Errorf(library.TooLarge, "a single entry is longer than the %d characters that an answer may have", budget).
			WithHint("ask for something narrower")
	}
	return answer[Out]{best, kept}, nil
}
