package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/latchkey-auth/latchkey/internal/app"
)

// terminal writes to a stream for a person to read, in colors if the stream is a terminal that has them.
type terminal struct {
	w           io.Writer
	interactive bool // a person reads along, and a line can be written over
	colors      bool
}

// newTerminal finds out where a stream goes. NO_COLOR, set to anything, turns colors off (no-color.org), and
// so does a terminal that calls itself dumb.
func newTerminal(stream io.Writer, getenv func(string) string) terminal {
	interactive := app.IsTerminal(stream) && getenv("TERM") != "dumb"
	return terminal{w: stream, interactive: interactive, colors: interactive && getenv("NO_COLOR") == ""}
}

// color is a way to show a text, as a terminal is told it (ECMA-48, SGR).
type color string

const (
	bold   color = "1"
	faint  color = "2"
	red    color = "31"
	green  color = "32"
	yellow color = "33"
	cyan   color = "36"
)

// paint returns the text in the color, where there are colors.
func (t terminal) paint(c color, text string) string {
	if !t.colors {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// row is a line of a table.
type row struct {
	name, value string
	color       color // of the value; empty: none
}

// table writes rows with their values below each other.
func (t terminal) table(rows []row) {
	width := 0
	for _, r := range rows {
		width = max(width, len(r.name))
	}
	for _, r := range rows {
		value := r.value
		if r.color != "" {
			value = t.paint(r.color, value)
		}
		_, _ = fmt.Fprintf(t.w, "  %s%s  %s\n", t.paint(faint, r.name), strings.Repeat(" ", width-len(r.name)), value)
	}
}

// progress shows on one line of a terminal how far a command has come. Elsewhere it shows nothing.
type progress struct {
	terminal terminal
	shown    bool
}

// show replaces the words that were shown before.
func (p *progress) show(words string) {
	if !p.terminal.interactive {
		return
	}
	p.shown = true
	_, _ = fmt.Fprint(p.terminal.w, "\r\x1b[K", p.terminal.paint(faint, p.terminal.fit(words)))
}

// clear removes the line. It may be called at any time, and more than once.
func (p *progress) clear() {
	if p.shown {
		_, _ = fmt.Fprint(p.terminal.w, "\r\x1b[K")
	}
	p.shown = false
}

// fit cuts words that do not fit into a line: one that wraps could not be replaced.
func (t terminal) fit(words string) string {
	const usual = 80
	width := usual
	if file, ok := t.w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 1 {
			width = columns
		}
	}
	if runes := []rune(words); len(runes) >= width {
		return string(runes[:width-2]) + "…"
	}
	return words
}
