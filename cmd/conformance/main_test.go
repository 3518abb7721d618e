package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// connect returns a session with a fixture, within this process.
func connect(t *testing.T) *mcp.ClientSession {
	t.Helper()
	here, there := mcp.NewInMemoryTransports()
	f := newFixture()
	server := mcp.NewServer(&mcp.Implementation{Name: "fixture", Version: "1"}, f.ServerOptions())
	f.Register(server)
	if _, err := server.Connect(t.Context(), there, nil); err != nil {
		t.Fatal(err)
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), here, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

// TestMounts holds the fixture against the names that the suite asks for: a
// scenario whose tool is missing may be skipped instead of failing.
func TestMounts(t *testing.T) {
	session := connect(t)
	var tools, prompts, resources []string
	for tool, err := range session.Tools(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if tool.Description == "" {
			t.Errorf("tool %s has no description", tool.Name)
		}
		tools = append(tools, tool.Name)
	}
	for prompt, err := range session.Prompts(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		prompts = append(prompts, prompt.Name)
	}
	for resource, err := range session.Resources(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		resources = append(resources, resource.URI)
	}
	for _, c := range []struct {
		kind string
		got  []string
		want string
	}{
		{"tools", tools, `json_schema_2020_12_tool test_audio_content test_elicitation test_elicitation_sep1034_defaults
			test_elicitation_sep1330_enums test_embedded_resource test_error_handling test_image_content
			test_input_required_result_capabilities test_input_required_result_elicitation
			test_input_required_result_list_roots test_input_required_result_multi_round
			test_input_required_result_multiple_inputs test_input_required_result_request_state
			test_input_required_result_sampling test_input_required_result_tampered_state test_logging_tool
			test_missing_capability test_multiple_content_types test_reconnection test_sampling test_simple_text
			test_streaming_elicitation test_tool_with_logging test_tool_with_progress test_trigger_prompt_change
			test_trigger_tool_change test_x_mcp_header`},
		{"prompts", prompts, `test_input_required_result_prompt test_prompt_with_arguments
			test_prompt_with_embedded_resource test_prompt_with_image test_simple_prompt`},
		{"resources", resources, `test://static-binary test://static-text test://watched-resource`},
	} {
		slices.Sort(c.got)
		if diff := cmp.Diff(strings.Fields(c.want), c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.kind, diff)
		}
	}
}

// TestSound reads the sound as the RIFF format wants it: the length that its
// head gives must be the length of what follows.
func TestSound(t *testing.T) {
	sound := silence()
	if got, want := int(sound[4])+8, len(sound); got != want {
		t.Errorf("the head says %d bytes, there are %d", got, want)
	}
	if got, want := int(sound[40])+44, len(sound); got != want {
		t.Errorf("the data chunk ends at %d, the file at %d", got, want)
	}
}

func TestSeal(t *testing.T) {
	s := sealer{key: []byte("key")}
	sealed := s.close("name is Ada")
	if got, err := s.open(sealed); err != nil || got != "name is Ada" {
		t.Errorf("open(close(state)) = %q, %v", got, err)
	}
	_, mac, _ := strings.Cut(sealed, ".")
	for _, broken := range []string{
		"", ".", sealed + "-TAMPERED", sealed[1:], "x" + sealed, strings.Replace(sealed, ".", "", 1),
		encode([]byte("name is Eve")) + "." + mac,
		sealer{key: []byte("other")}.close("name is Ada"),
	} {
		if state, err := s.open(broken); err == nil {
			t.Errorf("open(%q) = %q, want an error", broken, state)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"an unknown flag", []string{"-port", "1"}, "flag provided but not defined"},
		{"an address without a port", []string{"-addr", "nowhere"}, "missing port"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := run(t.Context(), c.args, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("run = %v, want an error with %q", err, c.want)
			}
		})
	}
}

// TestServes calls the fixture through the edge, over HTTP, until it is told
// to end.
func TestServes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l, slog.New(slog.DiscardHandler)) }()

	progress := make(chan float64, 3)
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, req *mcp.ProgressNotificationClientRequest) {
			progress <- req.Params.Progress
		},
	})
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: "http://" + l.Addr().String() + "/mcp"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	call := func(name string, meta mcp.Meta) string {
		t.Helper()
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: name, Meta: meta})
		if err != nil {
			t.Fatal(err)
		}
		return result.Content[0].(*mcp.TextContent).Text
	}
	if got, want := call("test_simple_text", nil), "This is a simple text response for testing."; got != want {
		t.Errorf("test_simple_text = %q, want %q", got, want)
	}
	if got := call("test_tool_with_progress", mcp.Meta{"progressToken": "token"}); got != "token" {
		t.Errorf("test_tool_with_progress = %q, want the token", got)
	}
	for _, want := range []float64{0, 50, 100} {
		if got := <-progress; got != want {
			t.Errorf("progress %v, want %v", got, want)
		}
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("serve = %v after it was told to end", err)
	}
}
