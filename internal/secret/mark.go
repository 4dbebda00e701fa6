package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// markLength is the length of a mark in bytes: enough that no two of a billion texts are likely to
// share one in a search through a log, and too little to be mistaken for a key.
const markLength = 8

// Marker makes marks of texts that a log may not hold.
type Marker struct {
	Key Key // derived; prints as "[secret]"
}

// NewMarker returns the Marker of a server's key. All servers with the key make the same marks.
func NewMarker(key Key) *Marker { return &Marker{Key: Key(key.Derive("log"))} }

// Mark returns 16 hexadecimal digits, the same every time for the same text. Without the key nobody
// can tell what the text was, not even by trying texts that it could be (HMAC-SHA256, RFC 2104).
func (m *Marker) Mark(text string) string {
	mac := hmac.New(sha256.New, m.Key[:])
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)[:markLength])
}
