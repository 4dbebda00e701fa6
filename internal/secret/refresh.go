package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

// RefreshToken is the kind of refresh tokens. They have a form of their own: 128 random bits that all
// tokens of one chain share, and 256 that each has alone. So a token that was used long ago is
// known as one of its chain, and its reuse seen, without its digest being kept.
const RefreshToken TokenKind = "ref"

const (
	familyBytes       = 16
	refreshBytes      = familyBytes + tokenBits/8
	refreshBodyLength = 65 // digits of base 62 that hold 384 bits
)

// NewRefreshToken returns the first token of a new chain.
func NewRefreshToken() Text {
	var bits [refreshBytes]byte
	_, _ = rand.Read(bits[:]) // never fails: it ends the program instead
	return formatBits(RefreshToken, bits[:], refreshBodyLength)
}

// NextRefreshToken returns a new token of the same chain. ErrTokenMalformed unless t is one of a chain.
func NextRefreshToken(t Text) (Text, error) {
	bits, err := parseRefreshToken(t)
	if err != nil {
		return "", err
	}
	_, _ = rand.Read(bits[familyBytes:])
	return formatBits(RefreshToken, bits[:], refreshBodyLength), nil
}

// RefreshFamily returns the SHA-256 of what all tokens of a chain share, by which the chain is found.
// ErrTokenMalformed for what no refresh token looks like.
func RefreshFamily(t Text) ([]byte, error) {
	bits, err := parseRefreshToken(t)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(bits[:familyBytes])
	return digest[:], nil
}

func parseRefreshToken(t Text) (bits [refreshBytes]byte, err error) {
	digits, found := strings.CutPrefix(string(t), tokenPrefix+string(RefreshToken)+"_")
	if !found || len(digits) != refreshBodyLength+checksumWidth ||
		!decodeBase62(bits[:], digits[:refreshBodyLength]) ||
		digits[refreshBodyLength:] != checksum(string(t[:len(t)-checksumWidth])) {
		return bits, ErrTokenMalformed
	}
	return bits, nil
}
