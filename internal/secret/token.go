package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"hash/crc32"
	"strings"
)

// TokenKind is the part of a token that says what it is for.
type TokenKind string

// The kinds of tokens.
const (
	SessionToken     TokenKind = "ses"
	ConfirmToken     TokenKind = "cnf"
	ResetToken       TokenKind = "rst"
	EmailChangeToken TokenKind = "emc"
	UndoToken        TokenKind = "und"
	ClientKey        TokenKind = "cli" // of a backend, not of a user
	ChallengeToken   TokenKind = "chl" // of a login that waits for its second step, and opens nothing else
	ProviderToken    TokenKind = "prv" // the state, nonce and PKCE verifier of a flow to a provider
	DeviceToken      TokenKind = "dev" // of a device that skips the second factor, and opens nothing by itself
	ProviderCode     TokenKind = "pco" // with which a browser comes back from a provider
	// PendingIdentityToken is of a sign-in with a provider that still needs a proof.
	PendingIdentityToken TokenKind = "pid"
	InvitationToken      TokenKind = "inv"
)

// ErrTokenMalformed is returned for a string that no token of the kind ever looked like.
var ErrTokenMalformed = errors.New("malformed token")

const (
	tokenPrefix   = "lk_" // what secret scanners look for
	tokenBits     = 256
	bodyLength    = 43 // digits of base 62 that hold 256 bits
	checksumWidth = 6  // digits of base 62 that hold 32 bits
)

// NewToken returns a new token of 256 random bits: lk_<kind>_, the bits in 43 digits of base 62
// (0-9, A-Z, a-z) and, in 6 more, the CRC-32 (IEEE) of everything before. The prefix and the
// checksum let secret scanners find a token that leaked without false alarms (ASVS 7.2.3), and tell
// a mistyped token from one that is unknown.
func NewToken(kind TokenKind) Text {
	var bits [tokenBits / 8]byte
	_, _ = rand.Read(bits[:]) // never fails: it ends the program instead
	return formatToken(kind, bits)
}

// CheckToken returns ErrTokenMalformed unless t has the form and the checksum of a token of the
// kind. There is one form for each value, so whoever knows the text knows the digest. That t is
// anybody's token, only the store can tell.
func CheckToken(kind TokenKind, t Text) error {
	digits, found := strings.CutPrefix(string(t), tokenPrefix+string(kind)+"_")
	if !found || len(digits) != bodyLength+checksumWidth {
		return ErrTokenMalformed
	}
	if !decodeBase62(make([]byte, tokenBits/8), digits[:bodyLength]) {
		return ErrTokenMalformed
	}

	signed := string(t[:len(t)-checksumWidth])
	if digits[bodyLength:] != checksum(signed) {
		return ErrTokenMalformed
	}
	return nil
}

// Digest is what is stored of a token: the SHA-256 of its whole text. A random value of 256 bits
// cannot be guessed from its digest, so it needs neither salt nor cost.
func Digest(t Text) []byte {
	digest := sha256.Sum256([]byte(t))
	return digest[:]
}

func formatToken(kind TokenKind, bits [tokenBits / 8]byte) Text {
	return formatBits(kind, bits[:], bodyLength)
}

// formatBits writes bits, which are used up, in so many digits.
func formatBits(kind TokenKind, bits []byte, digits int) Text {
	signed := tokenPrefix + string(kind) + "_" + encodeBase62(bits, digits)
	return Text(signed + checksum(signed))
}

func checksum(signed string) string {
	sum := crc32.ChecksumIEEE([]byte(signed))
	return encodeBase62([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}, checksumWidth)
}
