// Package authorization takes an Authorization header apart (RFC 9110 section 11.6.2), for everything
// that reads one. Its callers decide which schemes they take, and what they answer to a mistake.
package authorization

import (
	"encoding/base64"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/text"
)

// Header is the value of an Authorization header: a scheme, and the words after it.
type Header struct {
	scheme string
	words  []string
}

// Parse splits a value at its blanks. It never fails: what is missing is empty.
func Parse(value string) Header {
	words := strings.Fields(value)
	if len(words) == 0 {
		return Header{}
	}
	return Header{scheme: words[0], words: words[1:]}
}

// Is reports whether the scheme is this one, in any case.
func (h Header) Is(scheme string) bool { return strings.EqualFold(h.scheme, scheme) }

// Empty reports whether the value is blank.
func (h Header) Empty() bool { return h.scheme == "" }

// Words returns how many words follow the scheme. A credential is one word.
func (h Header) Words() int { return len(h.words) }

// Token returns the word after the scheme (RFC 6750 section 2.1), unless there is none or more than one.
func (h Header) Token() (token secret.Text, ok bool) {
	if len(h.words) != 1 {
		return "", false
	}
	return secret.Text(h.words[0]), true
}

// Pair returns what the word after the scheme says as base64: a name, a colon and a password, in UTF-8 and
// without NUL (RFC 7617). Either may be empty, and the password may have colons.
func (h Header) Pair() (name string, password secret.Text, ok bool) {
	token, ok := h.Token()
	if !ok {
		return "", "", false
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(token.Reveal())
	if err != nil || !text.Storable(string(decoded)) {
		return "", "", false
	}
	name, text, found := strings.Cut(string(decoded), ":")
	if !found {
		return "", "", false
	}
	return name, secret.Text(text), true
}
