package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// FingerprintKey makes fingerprints: what stands for something that is not to be kept as it is, such as somebody's
// address, and can still be found again.
type FingerprintKey struct {
	Key Key // derived; prints as "[secret]"
}

// Fingerprint is 128 bits of HMAC-SHA-256: enough that no two things have the same one.
type Fingerprint [16]byte

// NewFingerprintKey returns the key of the fingerprints for one purpose.
func NewFingerprintKey(k Key, purpose string) *FingerprintKey {
	return &FingerprintKey{Key: Key(k.Derive(purpose))}
}

// Fingerprint returns the fingerprint of some parts, in their order. Without the key it can neither be made nor led
// back to them.
func (k *FingerprintKey) Fingerprint(parts ...string) Fingerprint {
	mac := hmac.New(sha256.New, k.Key[:])
	for _, part := range parts {
		_, _ = fmt.Fprintf(mac, "%d %s", len(part), part) // so that no two lists of parts are one text
	}
	return Fingerprint(mac.Sum(nil)[:len(Fingerprint{})])
}

// Short returns the first 64 bits as 16 hexadecimal digits, for a log: enough that no two of a million
// things are likely to share one, and too little to be mistaken for a key.
func (f Fingerprint) Short() string { return hex.EncodeToString(f[:8]) }
