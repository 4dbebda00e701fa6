// Package text is what holds for any text, whoever wrote it: which characters it may have, and which of
// several words a wrong one was meant to be.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Storable reports whether s is valid UTF-8 without the character NUL, which ends a statement on both
// databases. Every text from outside has to be.
func Storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// Invisible reports whether a character controls what is shown, or the direction in which it is read,
// instead of being shown.
func Invisible(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// Printable reports whether s is valid UTF-8 without such characters, so that a reader sees all of it.
func Printable(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, Invisible) }
