package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress draws the stages of a long job on a terminal, one bar after the
// other, and nothing elsewhere. A failure to draw is ignored.
type progress struct {
	w       io.Writer
	visible bool
	bar     *progressbar.ProgressBar
	label   string
}

func newProgress(w io.Writer) *progress { return &progress{w: w, visible: terminal(w)} }

// at shows that done of total parts of a stage are complete. A new label begins a
// new stage.
func (p *progress) at(label string, done, total int) {
	if !p.visible {
		return
	}
	if label != p.label || p.bar == nil {
		p.end()
		p.label = label
		p.bar = progressbar.NewOptions(max(total, 1), progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription(label),
			progressbar.OptionShowCount(), progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish(),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true))
	}
	_ = p.bar.Set(min(done, total))
}

// end removes the bar.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}

// counted returns a reader that shows how much of total bytes was read.
func (p *progress) counted(r io.Reader, label string, total int64) io.Reader {
	return &countedReader{Reader: r, label: label, total: total, progress: p}
}

type countedReader struct {
	io.Reader
	progress    *progress
	label       string
	done, total int64
}

func (c *countedReader) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.done += int64(n)
	c.progress.at(c.label, int(c.done>>10), int(c.total>>10))
	return n, err
}
