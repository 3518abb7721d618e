package tool

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/csl/styles"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
	"github.com/stackroom-mcp/stackroom/pkg/skill"
	"github.com/stackroom-mcp/stackroom/pkg/view"
)

// Libraries is what the caller may see. Who the caller is stands in ctx, which
// this package passes on and never looks into.
type Libraries interface {
	// List returns the caller's libraries in a fixed order, the most
	// personal first. Libraries beside an error are those that can be
	// asked; the error says why others are missing, and every answer that
	// lacks them says so.
	List(ctx context.Context) ([]library.Info, error)
	// Open returns a library that List returns. Any other ID is
	// [library.NotFound].
	Open(ctx context.Context, id library.ID) (library.Reader, error)
}

// Options are what a deployment may choose.
type Options struct {
	// ResultChars bounds the JSON of an answer in characters (runes); 0 is
	// DefaultResultChars. The same JSON stands twice in an MCP result, as text
	// and as structured content, since the protocol asks for both.
	ResultChars int

	// ResultBytes bounds the JSON of an answer of a tool that reads in bytes, as far
	// as its entries can be left for the next cursor; 0 sets no bound. It keeps pages
	// for people small whose script has three or four bytes a character.
	ResultBytes int

	// Touched is told, in the context of a call, which items its caller was
	// given something of ("group:4711/ABCD2345") and which libraries were asked
	// ("group:4711"). Calls may tell at the same time. Nil is told nothing.
	Touched func(ctx context.Context, ids ...string)

	// Link returns the web page of an item at the provider of its library, or
	// "". Nil is a provider without pages.
	Link func(id library.ItemID) string

	// Pages is the URL below which each work has a page, as
	// "https://library.example.org/works" for …/works/local/ABCD2345. It is the url of
	// works without one of their own. "" is a server without pages.
	Pages string

	// OwnCredential reports whether the caller of ctx reads libraries with a
	// credential of their own, rather than the deployment's. Then a call fails
	// with [library.Unauthenticated] as soon as one library refuses it. Nil is
	// never.
	OwnCredential func(ctx context.Context) bool

	// Styles has the citation styles. Nil is the built-in ones.
	Styles *styles.Library

	// Registries are asked whether works exist and were retracted. Nil asks none.
	Registries *resolve.Resolver

	// Writing is what the tools that change libraries work with. Nil lists none.
	Writing *Writing

	// Receipts also defines show_receipt, for pages, if there is Writing. Assistants have
	// receipts in the results of the tools that write.
	Receipts bool

	// PrivateTools says that other callers of the same server are listed other tools.
	PrivateTools bool
}

// Bounds of [Options].ResultChars, in characters.
const (
	DefaultResultChars = 40_000
	MinResultChars     = 10_000
	MaxResultChars     = 400_000
)

// MinResultBytes is the least [Options].ResultBytes other than 0: a text of four bytes
// a character still has some.
const MinResultBytes = 20_000

// Catalog is the tools, the prompts and the resources over the libraries
// of a caller. It holds no state of a caller and may be used by any number
// of calls and servers at once.
type Catalog struct {
	libs          Libraries
	link          func(library.ItemID) string
	pages         string
	budget        int
	bytes         int // [Options].ResultBytes
	touched       func(ctx context.Context, ids ...string)
	ownCredential func(ctx context.Context) bool
	styles        *styles.Library
	registries    *resolve.Resolver
	writing       *Writing // nil lists no tool that writes
	privateTools  bool
	skills        []skill.Skill
	views         []view.View
	tools         []*definition
	// comparing holds a value for each call that compares all works, which takes
	// memory.
	comparing chan struct{}
	storing   chan struct{} // holds a value for each call that holds files to store
	adding    exclusive     // works to which a person adds a file
	byName    map[string]*definition
}

// NewCatalog returns the catalogue over libs. It fails with [library.Invalid]
// if the options are out of bounds.
func NewCatalog(libs Libraries, opts Options) (*Catalog, error) {
	if opts.ResultChars == 0 {
		opts.ResultChars = DefaultResultChars
	}
	if opts.ResultChars < MinResultChars || opts.ResultChars > MaxResultChars {
		return nil, library.Errorf(library.Invalid, "ResultChars is %d, it must be %d to %d", opts.ResultChars, MinResultChars, MaxResultChars)
	}
	if opts.ResultBytes != 0 && opts.ResultBytes < MinResultBytes {
		return nil, library.Errorf(library.Invalid, "ResultBytes is %d, it must be 0 or at least %d", opts.ResultBytes, MinResultBytes)
	}
	if opts.Styles == nil {
		opts.Styles = styles.New()
	}
	skills, err := skill.All()
	if err != nil {
		return nil, err
	}
	views, err := view.All()
	if err != nil {
		return nil, err
	}
	c := &Catalog{
		libs: libs, link: opts.Link, pages: opts.Pages, budget: opts.ResultChars, bytes: opts.ResultBytes, touched: opts.Touched,
		ownCredential: opts.OwnCredential, privateTools: opts.PrivateTools,
		skills: skills, views: views, styles: opts.Styles, registries: opts.Registries, writing: opts.Writing,
		byName: map[string]*definition{}, comparing: make(chan struct{}, maxComparing), storing: make(chan struct{}, maxStoring),
	}
	defined := []func(*Catalog) (*definition, error){
		searchTool, fetchTool, readTextTool, listLibrariesTool, listCollectionsTool, listTagsTool, recentChangesTool, exportTool, findDuplicatesTool, citeTool, checkReferencesTool,
	}
	if opts.Writing != nil {
		defined = append(defined, addItemsTool, updateItemsTool, writeNoteTool, annotateTool, organizeTool, mergeItemsTool, trashItemsTool, applyChangesTool, undoChangesTool)
		if opts.Receipts {
			defined = append(defined, showReceiptTool)
		}
	}
	for _, define := range defined {
		d, err := define(c)
		if err != nil {
			return nil, err
		}
		c.tools = append(c.tools, d)
		c.byName[d.Name] = d
	}
	return c, nil
}

// Definitions returns the tools as every transport describes them, in the
// order in which a reader meets them. The schemas are shared: don't change
// them.
func (c *Catalog) Definitions() []Definition {
	all := make([]Definition, len(c.tools))
	for i, d := range c.tools {
		all[i] = d.Definition
	}
	return all
}

// Writes reports whether a tool changes libraries.
func (c *Catalog) Writes() bool {
	return slices.ContainsFunc(c.tools, func(d *definition) bool { return !d.Hints.ReadOnly })
}

// Call calls a tool outside MCP and returns its structured answer, which
// conforms to the tool's output schema. arguments is a JSON object; nothing and
// null stand for an empty one. Every error is a [*library.Error]:
// [library.NotFound] for an unknown tool, [library.Invalid] for arguments that
// the tool doesn't take, or what the libraries said.
func (c *Catalog) Call(ctx context.Context, name string, arguments json.RawMessage) (json.RawMessage, error) {
	return c.CallWithProgress(ctx, name, arguments, nil)
}

// CallWithProgress is like [Catalog.Call], and calls tell with each step of a long
// call: the number of steps that are done, and of all steps, which may grow. Calls of
// tell do not overlap. tell may be nil.
func (c *Catalog) CallWithProgress(ctx context.Context, name string, arguments json.RawMessage, tell func(done, total int, message string)) (json.RawMessage, error) {
	d, ok := c.byName[name]
	if !ok {
		return nil, library.Errorf(library.NotFound, "unknown tool").WithHint("the tools are %s", strings.Join(c.names(), ", "))
	}
	var p *progress
	if tell != nil {
		p = &progress{notify: tell}
	}
	out, err := d.run(ctx, arguments, p)
	if err != nil {
		return nil, library.AsError(err)
	}
	return out, nil
}

func (c *Catalog) names() []string {
	names := make([]string, len(c.tools))
	for i, d := range c.tools {
		names[i] = d.Name
	}
	return names
}

// Register adds the tools, prompts, resources and skills to a server, which should
// have been made with the options of [Catalog.ServerOptions]. Register comes
// before the server's own middleware is added, so that that one stands outside
// the one with which the catalogue answers resources/list. It fails if the SDK
// serves a method that the catalogue adds.
func (c *Catalog) Register(s *mcp.Server) error {
	for _, d := range c.tools {
		s.AddTool(d.wire, d.handle)
	}
	c.addPrompts(s)
	c.addResources(s)
	return c.addSkills(s)
}
