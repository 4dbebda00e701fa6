package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// MarkKey makes marks: what stands for something that is not to be kept as it is, an address of
// somebody, say, and can still be found again.
type MarkKey struct {
	Key Key // derived; prints as "[secret]"
}

// Mark is 128 bits of HMAC-SHA-256: as many as keep two things from having the same one.
type Mark [16]byte

// NewMarkKey returns the key of the marks for one purpose.
func NewMarkKey(k Key, purpose string) *MarkKey {
	return &MarkKey{Key: Key(k.Derive(purpose))}
}

// Mark returns the mark of some parts, in their order. Who does not have the key can neither make it
// nor tell what it is of.
func (k *MarkKey) Mark(parts ...string) Mark {
	mac := hmac.New(sha256.New, k.Key[:])
	for _, part := range parts {
		_, _ = fmt.Fprintf(mac, "%d %s", len(part), part) // so that no two lists of parts are one text
	}
	return Mark(mac.Sum(nil)[:len(Mark{})])
}

// Short returns the first 64 bits as 16 hexadecimal digits, for a log: enough that no two of a million
// things are likely to share one, and too little to be mistaken for a key.
func (m Mark) Short() string { return hex.EncodeToString(m[:8]) }
