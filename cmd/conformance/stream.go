package main

import (
	"context"
	"fmt"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// pause lies between two messages of one call, so that a client sees them
// arrive one after the other.
const pause = 50 * time.Millisecond

// streamTools send something to the client before they answer.
func streamTools() []testTool {
	return []testTool{
		{name: "test_tool_with_logging", description: "Sends three log messages, then answers.", call: logThrice},
		{name: "test_logging_tool", description: "Sends one log message, which is dropped unless the request asked for logs (SEP-2575).", call: logOnce},
		{name: "test_tool_with_progress", description: "Reports progress three times, then answers.", call: reportProgress},
		{name: "test_streaming_elicitation", description: "Reports progress and answers, and never sends a request of its own (SEP-2575).", call: reportProgress},
		{name: "test_reconnection", description: "Closes the stream in mid-call, then answers (SEP-1699).", call: closeStream},
	}
}

// wait sleeps for one pause, or less if the caller went away.
func wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
	}
}

func logOnce(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if err := req.Session.Log(ctx, &mcp.LoggingMessageParams{Level: "info", Data: "called"}); err != nil {
		return failed(err), nil
	}
	return text("logged"), nil
}

func logThrice(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	for _, message := range []string{"Tool execution started", "Tool processing data", "Tool execution completed"} {
		if err := req.Session.Log(ctx, &mcp.LoggingMessageParams{Level: "info", Data: message}); err != nil {
			return failed(err), nil
		}
		if err := wait(ctx); err != nil {
			return nil, err
		}
	}
	return text("logged three times"), nil
}

func reportProgress(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	token := req.Params.GetProgressToken()
	if token == nil {
		return text("the client did not ask for progress"), nil
	}
	for done := 0.0; done <= 100; done += 50 {
		err := req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
			ProgressToken: token, Progress: done, Total: 100,
			Message: fmt.Sprintf("%.0f of 100", done),
		})
		if err != nil {
			return failed(err), nil
		}
		if err := wait(ctx); err != nil {
			return nil, err
		}
	}
	return text(fmt.Sprint(token)), nil
}

func closeStream(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if req.Extra != nil && req.Extra.CloseSSEStream != nil {
		req.Extra.CloseSSEStream(mcp.CloseSSEStreamArgs{RetryAfter: 10 * time.Millisecond})
	}
	if err := wait(ctx); err != nil {
		return nil, err
	}
	return text("answered after the stream was closed"), nil
}
