package secret

import "log/slog"

// redacted is what every secret prints as.
const redacted = "[secret]"

// Text is a string that does not print: a password, a token, a password hash. Formatting, logging
// and encoding it give "[secret]"; only Reveal gives the value, so that every place where a secret
// leaves the program can be found by searching for that word.
type Text string

// Reveal returns the secret itself.
func (t Text) Reveal() string { return string(t) }

// String implements fmt.Stringer.
func (Text) String() string { return redacted }

// GoString implements fmt.GoStringer, which %#v uses.
func (Text) GoString() string { return redacted }

// MarshalText implements encoding.TextMarshaler, which encoding/json and slog use.
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }
