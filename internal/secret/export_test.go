package secret

import "encoding/binary"

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

// EncodeBase62 and DecodeBase62 are how numbers become digits and the reverse.
var (
	EncodeBase62 = encodeBase62
	DecodeBase62 = decodeBase62
)
