package mcp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// lineConnection is an MCP connection over two streams with one message a line
// (MCP, transports, "stdio"). Unlike the SDK's, it continues after an invalid
// line, responds to every request that it has read before it ends, and returns
// IDs unchanged.
type lineConnection struct {
	in      io.Closer
	lines   <-chan line
	grace   time.Duration // wait for requests in flight after the end of input
	writing sync.Mutex    // guards out
	out     io.Writer

	closing sync.Once
	closed  chan struct{}

	mu       sync.Mutex
	inFlight map[jsonrpc.ID]bool // requests without a response yet
	idle     chan struct{}       // closed and replaced when inFlight becomes empty
	batches  map[jsonrpc.ID]*lineBatch
	queue    []jsonrpc.Message // rest of a batch; used by Read only
}

// line is one line of input, or the end of it.
type line struct {
	text    []byte
	tooLong bool
	err     error
}

// lineBatch collects the responses to a batch, which are sent as one array
// (JSON-RPC 2.0, section 6).
type lineBatch struct {
	open      int
	responses []json.RawMessage
}

// newLineConnection returns a connection that reads lines of at most limit
// bytes.
func newLineConnection(in io.ReadCloser, out io.Writer, limit int, grace time.Duration) *lineConnection {
	c := &lineConnection{
		in: in, out: out, grace: grace, closed: make(chan struct{}),
		inFlight: map[jsonrpc.ID]bool{}, idle: make(chan struct{}), batches: map[jsonrpc.ID]*lineBatch{},
	}
	lines := make(chan line)
	c.lines = lines
	go c.readLines(bufio.NewReader(in), limit, lines)
	return c
}

// readLines sends each line until the input or the connection ends. A read from
// a terminal or pipe may outlive the connection: it can't be interrupted.
func (c *lineConnection) readLines(r *bufio.Reader, limit int, lines chan<- line) {
	for {
		l := readLine(r, limit)
		select {
		case lines <- l:
		case <-c.closed:
			return
		}
		if l.err != nil {
			return
		}
	}
}

// readLine reads a line and trims white space and a byte order mark. It skips
// the rest of a line that is too long.
func readLine(r *bufio.Reader, limit int) line {
	var l line
	for {
		part, err := r.ReadSlice('\n')
		if !l.tooLong {
			l.text = append(l.text, part...)
			if len(bytes.TrimRight(l.text, "\r\n")) > limit {
				l.text, l.tooLong = nil, true
			}
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		l.text = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(l.text), []byte("\ufeff")))
		if err != nil && (len(l.text) > 0 || l.tooLong) {
			err = nil // the last line has no line end; the next read fails again
		}
		l.err = err
		return l
	}
}

// SessionID implements [mcp.Connection]. There is one session.
func (c *lineConnection) SessionID() string { return "" }

// Close implements [mcp.Connection].
func (c *lineConnection) Close() error {
	var err error
	c.closing.Do(func() {
		close(c.closed)
		err = c.in.Close()
	})
	return err
}

// Read implements [mcp.Connection].
func (c *lineConnection) Read(ctx context.Context) (jsonrpc.Message, error) {
	for {
		if len(c.queue) > 0 {
			next := c.queue[0]
			c.queue = c.queue[1:]
			return next, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.closed:
			return nil, io.EOF
		case l := <-c.lines:
			if l.err != nil {
				c.drain(ctx)
				return nil, l.err
			}
			if err := c.accept(l); err != nil {
				return nil, err
			}
		}
	}
}

// drain waits until every request has its response, at most for the grace
// period.
func (c *lineConnection) drain(ctx context.Context) {
	c.mu.Lock()
	idle, busy := c.idle, len(c.inFlight) > 0
	c.mu.Unlock()
	if !busy {
		return
	}
	timer := time.NewTimer(c.grace)
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	case <-c.closed:
	case <-ctx.Done():
	}
}

// accept queues the messages of a line, or responds with an error.
func (c *lineConnection) accept(l line) error {
	switch {
	case l.tooLong:
		return c.reject(nil, codeInvalidRequest, "the line is longer than the server accepts")
	case len(l.text) == 0:
		return nil
	}
	e, rejected := wire.ReadEnvelope(l.text)
	if rejected != nil {
		code := codeInvalidRequest
		if rejected.Status == http.StatusBadRequest {
			code = codeParseError
		}
		return c.reject(nil, code, wire.Message(rejected.Err))
	}
	text, _ := carry(l.text, e)
	if e.Object {
		m, err := decodeMessage(text)
		if err != nil {
			return c.reject(e.ID, codeInvalidRequest, "the line is not a JSON-RPC message")
		}
		c.begin(m)
		c.queue = append(c.queue, m)
		return nil
	}
	return c.acceptBatch(text)
}

// acceptBatch queues the messages of a batch, which revisions up to 2025-03-26
// allow.
func (c *lineConnection) acceptBatch(text []byte) error {
	var raw []json.RawMessage
	if json.Unmarshal(text, &raw) != nil || len(raw) == 0 {
		return c.reject(nil, codeInvalidRequest, "the line is not a JSON-RPC message")
	}
	batch := &lineBatch{}
	for _, r := range raw {
		m, err := decodeMessage(r)
		if err != nil {
			batch.responses = append(batch.responses, appendError(nil, nil, codeInvalidRequest, "not a JSON-RPC message", nil))
			continue
		}
		if request, ok := m.(*jsonrpc.Request); ok && request.IsCall() {
			batch.open++
			c.mu.Lock()
			c.batches[request.ID] = batch
			c.mu.Unlock()
		}
		c.begin(m)
		c.queue = append(c.queue, m)
	}
	if batch.open == 0 && len(batch.responses) > 0 {
		return c.writeLine(joinBatch(batch))
	}
	return nil
}

// decodeMessage decodes a message. The SDK would treat a message with neither a
// method nor a result as a response; here it is an error.
func decodeMessage(text []byte) (jsonrpc.Message, error) {
	m, err := jsonrpc.DecodeMessage(text)
	if r, ok := m.(*jsonrpc.Response); ok && err == nil && r.Result == nil && r.Error == nil {
		return nil, errors.New("neither a request nor a response")
	}
	return m, err
}

// begin records a request that needs a response. The SDK responds even to a
// request that its client cancels.
func (c *lineConnection) begin(m jsonrpc.Message) {
	if request, ok := m.(*jsonrpc.Request); ok && request.IsCall() {
		c.mu.Lock()
		c.inFlight[request.ID] = true
		c.mu.Unlock()
	}
}

// forget removes a request from those in flight. The caller holds mu.
func (c *lineConnection) forget(id jsonrpc.ID) {
	if !c.inFlight[id] {
		return
	}
	delete(c.inFlight, id)
	if len(c.inFlight) == 0 {
		close(c.idle)
		c.idle = make(chan struct{})
	}
}

// Write implements [mcp.Connection].
func (c *lineConnection) Write(ctx context.Context, m jsonrpc.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	data, err := jsonrpc.EncodeMessage(m)
	if err != nil {
		return err
	}
	data = restoreIDs(data)
	response, ok := m.(*jsonrpc.Response)
	if !ok {
		return c.writeLine(data)
	}
	if data = c.collect(response.ID, data); data != nil {
		err = c.writeLine(data)
	}
	c.mu.Lock()
	c.forget(response.ID)
	c.mu.Unlock()
	return err
}

// collect returns the data to write for a response: the response itself or, for
// a batch, the whole batch with its last response and nil before.
func (c *lineConnection) collect(id jsonrpc.ID, data []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	batch := c.batches[id]
	if batch == nil {
		return data
	}
	delete(c.batches, id)
	batch.responses = append(batch.responses, data)
	if batch.open--; batch.open > 0 {
		return nil
	}
	return joinBatch(batch)
}

// joinBatch returns the responses of a batch as an array.
func joinBatch(b *lineBatch) []byte {
	out := []byte{'['}
	for i, r := range b.responses {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, r...)
	}
	return append(out, ']')
}

// reject answers a line that is not a message.
func (c *lineConnection) reject(id []byte, code int, message string) error {
	return c.writeLine(appendError(nil, id, code, message, nil))
}

// writeLine writes one line with one write.
func (c *lineConnection) writeLine(data []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.out.Write(append(data, '\n'))
	return err
}
