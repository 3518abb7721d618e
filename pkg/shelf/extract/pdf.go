package extract

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// noPDFToText is the reason where poppler is missing.
const noPDFToText = "reading PDF files needs poppler's pdftotext on the PATH (package poppler-utils)"

// readPDF reads the text of a PDF file through pdftotext, which writes a form
// feed after every page. The program gets the open file as its standard input,
// not a name: so it reads the file that was checked, and no other.
func readPDF(ctx context.Context, file *os.File) result {
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		return result{reason: noPDFToText}
	}
	text, err := output(ctx, file, program, "-q", "-enc", "UTF-8", "-eol", "unix", "-", "-")
	switch {
	case ctx.Err() != nil:
		return result{reason: "reading the PDF file took too long"}
	case errors.Is(err, errLong):
		// What is there is good; finish cuts it and says so.
	case err != nil:
		return result{reason: "the PDF file is damaged or protected"}
	}
	return result{pages: splitPages(strings.ToValidUTF8(text, "\uFFFD")), numbered: true}
}

// errLong means that a program wrote more than it may.
var errLong = errors.New("the program writes more than it may")

// output runs a program over a file and returns what it writes, a little more
// than MaxTextBytes of it at most.
func output(ctx context.Context, file *os.File, program string, args ...string) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdin = file
	cmd.WaitDelay = time.Second
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	const most = MaxTextBytes + 1<<10 // enough for finish to see that it is too long
	text, readErr := io.ReadAll(io.LimitReader(stdout, most))
	if len(text) == most {
		cancel()
		_ = cmd.Wait()
		return string(text), errLong
	}
	return string(text), errors.Join(readErr, cmd.Wait())
}
