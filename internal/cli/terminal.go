package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/latchkey-auth/latchkey/internal/app"
)

// face is where the program speaks to a person, and how: in colours on a terminal that has them.
type face struct {
	w        io.Writer
	terminal bool // somebody is looking, and lines can be written over
	colours  bool
}

// newFace looks at where a text goes. NO_COLOR, set to anything, keeps colours away (no-color.org), and
// so does a terminal that calls itself dumb.
func newFace(stream io.Writer, getenv func(string) string) face {
	terminal := app.IsTerminal(stream) && getenv("TERM") != "dumb"
	return face{w: stream, terminal: terminal, colours: terminal && getenv("NO_COLOR") == ""}
}

// colour is a way to show a text, as a terminal is told it (ECMA-48, SGR).
type colour string

const (
	bold   colour = "1"
	faint  colour = "2"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	cyan   colour = "36"
)

// paint returns the text in the colour, where there are colours.
func (f face) paint(c colour, text string) string {
	if !f.colours {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// row is a name and what is to be said of it.
type row struct {
	name, value string
	colour      colour // of the value; empty: none
}

// table writes rows with their values below each other.
func (f face) table(rows []row) {
	width := 0
	for _, r := range rows {
		width = max(width, len(r.name))
	}
	for _, r := range rows {
		value := r.value
		if r.colour != "" {
			value = f.paint(r.colour, value)
		}
		_, _ = fmt.Fprintf(f.w, "  %s%s  %s\n", f.paint(faint, r.name), strings.Repeat(" ", width-len(r.name)), value)
	}
}

// progress tells on one line of a terminal how far something is. Elsewhere it says nothing.
type progress struct {
	face  face
	shown bool
}

// say replaces what was said before.
func (p *progress) say(words string) {
	if !p.face.terminal {
		return
	}
	p.shown = true
	_, _ = fmt.Fprint(p.face.w, "\r\x1b[K", p.face.paint(faint, p.face.fit(words)))
}

// end removes the line. It may be called at any time, and more than once.
func (p *progress) end() {
	if p.shown {
		_, _ = fmt.Fprint(p.face.w, "\r\x1b[K")
	}
	p.shown = false
}

// fit cuts words that do not fit into a line: one that wraps could not be replaced.
func (f face) fit(words string) string {
	const usual = 80
	width := usual
	if file, ok := f.w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 1 {
			width = columns
		}
	}
	if runes := []rune(words); len(runes) >= width {
		return string(runes[:width-2]) + "…"
	}
	return words
}
