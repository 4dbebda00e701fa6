package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// redacted is what every secret prints as.
const redacted = "[secret]"

// Text is a string that does not print: a password, a token, a password hash. Formatting, logging
// and encoding it give "[secret]"; only Reveal gives the value, so that every place where a secret
// leaves the program can be found by searching for that word.
//
// The language leaves three holes, which are closed by how Text is used. A struct holds it in an
// exported field, because fmt cannot call the methods of an unexported one. It is no key of a map
// that becomes JSON, because encoding/json writes a key that is a string as it is. And it is no
// argument of %w, which go vet reports, or %p, for which fmt ignores its methods.
type Text string

// Reveal returns the secret itself.
func (t Text) Reveal() string { return string(t) }

// Equal reports whether two secrets are the same, in a time that does not tell where they differ.
func (t Text) Equal(other Text) bool {
	return subtle.ConstantTimeCompare([]byte(t), []byte(other)) == 1
}

// String implements fmt.Stringer.
func (Text) String() string { return redacted }

// GoString implements fmt.GoStringer, for those who call it themselves.
func (Text) GoString() string { return redacted }

// Format implements fmt.Formatter: every verb prints the same. Without it, %d would print the value.
func (Text) Format(state fmt.State, _ rune) { printRedacted(state) }

// MarshalText implements encoding.TextMarshaler, which encoding/json and encoding/xml use.
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// printRedacted writes what a secret prints as. A fmt.State keeps what is written to it in memory,
// so the write cannot fail.
func printRedacted(state fmt.State) { _, _ = io.WriteString(state, redacted) }
