package secret

import (
	"encoding/binary"

	"golang.org/x/crypto/blake2b"
)

// FormatToken lets tests make the token of known bits.
var FormatToken = formatToken

// TokenBits returns the bits of a token's body, whatever its checksum.
func TokenBits(kind TokenKind, t Text) (bits [32]byte, ok bool) {
	body := len(tokenPrefix) + len(kind) + 1
	if len(t) < body+bodyLength {
		return bits, false
	}
	return bits, decodeBase62(bits[:], string(t[body:body+bodyLength]))
}

// WithDerive lets tests watch the work of a Hasher, and choose how long it takes.
func WithDerive(derive func(password, salt []byte, p Params, length uint32) []byte) Option {
	return func(h *Hasher) error {
		h.derive = derive
		return nil
	}
}

// ParseHash parses a hash and returns its text again.
func ParseHash(text string) (string, error) {
	h, err := parsePHC(text)
	if err != nil {
		return "", err
	}
	return h.text(), nil
}

// Nobody returns what an empty hash is compared with.
func Nobody(h *Hasher) []byte { return h.nobody.sum }

// Derive returns what a Hasher makes a hash with.
func Derive(h *Hasher) func(password, salt []byte, p Params, length uint32) []byte { return h.derive }

// Kept returns the memory that is kept for the next hashes.
func Kept(h *Hasher) (spaces [][]byte) {
	h.spaces.mu.Lock()
	defer h.spaces.mu.Unlock()
	for _, blocks := range h.spaces.idle {
		var space []byte
		for _, b := range blocks {
			for _, word := range b {
				space = binary.LittleEndian.AppendUint64(space, word)
			}
		}
		spaces = append(spaces, space)
	}
	return spaces
}

// BeginHash returns what argon2id begins with: the digest of all that a hash is made of.
func BeginHash(password, salt []byte, p Params, length uint32) []byte {
	start := initHash(password, salt, nil, nil, p.Passes, p.MemoryKiB, uint32(p.Parallelism), length, argon2id)
	return start[:blake2b.Size]
}

// KeepAtOnce leaves as much memory as so many hashes at once do.
func KeepAtOnce(h *Hasher, atOnce int) {
	var spaces [][]block
	for range atOnce {
		spaces = append(spaces, h.spaces.take(1))
	}
	for _, space := range spaces {
		h.spaces.give(space)
	}
}

// HoldKept keeps everybody else from the memory that is kept, until release is called.
func HoldKept(h *Hasher) (release func()) {
	h.spaces.mu.Lock()
	return h.spaces.mu.Unlock
}

// EncodeBase62 and DecodeBase62 are how numbers become digits and the reverse.
var (
	EncodeBase62 = encodeBase62
	DecodeBase62 = decodeBase62
)

// HOTP makes codes of any length, as the test vectors of RFC 6238 have them.
var HOTP = hotp
