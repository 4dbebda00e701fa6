package secret

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// keyLength is the length of a Key, and of what is derived from it, in bytes.
const keyLength = 32

// Key is the server's secret key, from which the keys of single purposes are derived. Like Text it
// prints as "[secret]", and like Text it belongs in an exported field or in none. The zero Key is
// no key: ParseKey refuses it and Derive panics.
type Key [keyLength]byte

// errKey is the same for every text that is no key: saying more of it would be saying some of it.
var errKey = errors.New("the secret key must be the base64 of 32 random bytes: make one with `openssl rand -base64 32`")

// NewKey returns a random key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k[:]) // never fails: it ends the program instead
	return k
}

// ParseKey returns the key that text is the base64 of, in the standard or the URL alphabet, padded
// or not; spaces and line ends around it are ignored, as a file has them. Anything but 32 bytes,
// and 32 zero bytes, give an error that says how to make a key and never repeats the text.
func ParseKey(text string) (Key, error) {
	digits := strings.TrimRight(strings.TrimSpace(text), "=")
	if strings.ContainsAny(digits, "\r\n") { // which the decoder would skip
		return Key{}, errKey
	}
	digits = strings.NewReplacer("-", "+", "_", "/").Replace(digits)

	decoded, err := base64.RawStdEncoding.Strict().DecodeString(digits)
	if err != nil || len(decoded) != keyLength || Key(decoded) == (Key{}) {
		return Key{}, errKey
	}
	return Key(decoded), nil
}

// Base64 reveals the key, in the form that ParseKey reads, for the file that it is kept in.
func (k Key) Base64() string { return base64.StdEncoding.EncodeToString(k[:]) }

// Derive returns the 32 bytes of the key for one purpose (HKDF-SHA256, RFC 5869, no salt, the
// purpose as info). Each purpose has its own, and none tells anything of another or of k.
func (k Key) Derive(purpose string) []byte {
	if k == (Key{}) {
		panic("secret: a key is derived from no key")
	}
	derived, err := hkdf.Key(sha256.New, k[:], nil, purpose, keyLength)
	if err != nil {
		panic("secret: derive a key: " + err.Error()) // only for a length that SHA-256 cannot give
	}
	return derived
}

// String implements fmt.Stringer.
func (Key) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Key) GoString() string { return redacted }

// Format implements fmt.Formatter: every verb prints the same.
func (Key) Format(state fmt.State, _ rune) { printRedacted(state) }

// MarshalText implements encoding.TextMarshaler, which encoding/json and encoding/xml use.
func (Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (Key) LogValue() slog.Value { return slog.StringValue(redacted) }
