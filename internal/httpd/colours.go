package httpd

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	cssComment  = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssProperty = regexp.MustCompile(`^(--[a-z-]+)\s*:\s*(.+)$`)
	// cssColour is a value that cannot load anything, end the block that it stands in, or begin another.
	cssColour = regexp.MustCompile(`^(#[0-9A-Fa-f]{3,8}|[a-z]+|(rgb|rgba|hsl|hsla|oklch|oklab|lab|lch|hwb)\([-+0-9.,/%\sa-z]+\))$`)
	cssDark   = regexp.MustCompile(`^@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)$`)
	ownNames  = regexp.MustCompile(`(--[a-z-]+)\s*:`)
)

// checkColours reports what in an operator's file of colours is no colour: it may have the custom
// properties of style.css, in :root, and once more for the dark in @media (prefers-color-scheme: dark).
func checkColours(file string, source []byte) error {
	var known []string
	for _, found := range ownNames.FindAllSubmatch(embedded("style.css"), -1) {
		if name := string(found[1]); !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	slices.Sort(known)

	// Comments count for nothing but their lines.
	text := cssComment.ReplaceAllFunc(source, func(comment []byte) []byte {
		return bytes.Repeat([]byte("\n"), bytes.Count(comment, []byte("\n")))
	})
	c := cssReader{file: file, known: known, line: 1}
	start, first := 0, 1
	for i, char := range text {
		switch char {
		case '{', '}', ';':
			piece := strings.TrimSpace(string(text[start:i]))
			if reason := c.take(char, piece); reason != "" {
				return &pageFault{file: file, line: first, reason: reason}
			}
			start = i + 1
		case '\n':
			c.line++
		}
		if strings.TrimSpace(string(text[start:min(i+1, len(text))])) == "" {
			first = c.line // the piece has not begun
		}
	}
	if len(c.open) > 0 || strings.TrimSpace(string(text[start:])) != "" {
		return &pageFault{file: file, line: c.line, reason: "it ends within a block: a closing brace is missing"}
	}
	return nil
}

// cssReader reads the pieces of a file of colours.
type cssReader struct {
	file  string
	known []string
	line  int
	open  []string // blocks that have begun and not ended
}

// take reads a piece and what ends it, and says what is wrong with it.
func (c *cssReader) take(end byte, piece string) string {
	const allowed = "only colours can stand here: :root { --accent: #0a6; }, and the same in @media (prefers-color-scheme: dark) { … }"
	inRoot := len(c.open) > 0 && c.open[len(c.open)-1] == ":root"
	switch {
	case end == '{' && piece == ":root" && !inRoot:
		c.open = append(c.open, piece)
		return ""
	case end == '{' && len(c.open) == 0 && cssDark.MatchString(piece):
		c.open = append(c.open, "@media")
		return ""
	case end == '{' || piece != "" && !inRoot || end == ';' && !inRoot:
		return allowed
	case end == '}' && len(c.open) == 0:
		return "a block ends that did not begin"
	}

	if piece != "" {
		found := cssProperty.FindStringSubmatch(piece)
		switch {
		case found == nil:
			return allowed
		case !slices.Contains(c.known, found[1]):
			return fmt.Sprintf("there is no colour called %s. There are: %s", found[1], strings.Join(c.known, ", "))
		case !cssColour.MatchString(found[2]):
			return fmt.Sprintf("the value of %s is no colour", found[1])
		}
	}
	if end == '}' {
		c.open = c.open[:len(c.open)-1]
	}
	return ""
}
