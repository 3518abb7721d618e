package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/png"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// contentTools return one of every kind of content block, and an error.
func contentTools() []testTool {
	picture := &mcp.ImageContent{Data: redDot(), MIMEType: "image/png"}
	sound := &mcp.AudioContent{Data: silence(), MIMEType: "audio/wav"}
	answers := []struct {
		name, description string
		blocks            []mcp.Content
	}{
		{"test_simple_text", "Returns one text block.", []mcp.Content{
			&mcp.TextContent{Text: "This is a simple text response for testing."},
		}},
		{"test_image_content", "Returns one picture.", []mcp.Content{picture}},
		{"test_audio_content", "Returns one sound.", []mcp.Content{sound}},
		{"test_embedded_resource", "Returns one embedded resource.", []mcp.Content{
			embedded("test://embedded-resource", "This is an embedded resource content."),
		}},
		{"test_multiple_content_types", "Returns text, a picture and a resource together.", []mcp.Content{
			&mcp.TextContent{Text: "Multiple content types test:"},
			picture,
			embedded("test://mixed-content-resource", "Mixed content"),
		}},
	}
	tools := []testTool{{
		name:        "test_error_handling",
		description: "Always fails, as a result that the model can read.",
		call: func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return failed(errors.New("this tool intentionally returns an error for testing")), nil
		},
	}}
	for _, a := range answers {
		tools = append(tools, testTool{name: a.name, description: a.description,
			call: func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				return &mcp.CallToolResult{Content: a.blocks}, nil
			},
		})
	}
	return tools
}

func embedded(uri, body string) *mcp.EmbeddedResource {
	return &mcp.EmbeddedResource{Resource: &mcp.ResourceContents{URI: uri, MIMEType: "text/plain", Text: body}}
}

// redDot returns a PNG of a single red pixel.
func redDot() []byte {
	dot := image.NewRGBA(image.Rect(0, 0, 1, 1))
	dot.Set(0, 0, color.RGBA{R: 255, A: 255})
	var b bytes.Buffer
	if err := png.Encode(&b, dot); err != nil {
		panic(err) // an in-memory picture of one pixel always encodes
	}
	return b.Bytes()
}

// silence returns a WAV file (RIFF, PCM, one channel, 8 kHz, 16 bit) that
// holds a single silent sample.
func silence() []byte {
	const rate, bytesPerSample = 8000, 2
	b := []byte("RIFF")
	b = binary.LittleEndian.AppendUint32(b, 36+bytesPerSample) // what follows this number
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16) // length of the format chunk
	b = binary.LittleEndian.AppendUint16(b, 1)  // PCM
	b = binary.LittleEndian.AppendUint16(b, 1)  // channels
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate*bytesPerSample)
	b = binary.LittleEndian.AppendUint16(b, bytesPerSample)
	b = binary.LittleEndian.AppendUint16(b, 8*bytesPerSample)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, bytesPerSample)
	return binary.LittleEndian.AppendUint16(b, 0)
}
