package secret

import "errors"

// TokenKind is the part of a token that says what it is for.
type TokenKind string

// The kinds of tokens.
const (
	SessionToken TokenKind = "ses"
	ConfirmToken TokenKind = "cnf"
	ResetToken   TokenKind = "rst"
)

// ErrTokenMalformed is returned for a string that no token of the kind ever looked like.
var ErrTokenMalformed = errors.New("malformed token")

// NewToken returns a new token of 256 random bits.
func NewToken(kind TokenKind) Text { panic("stub") }

// CheckToken returns ErrTokenMalformed unless t has the form and the checksum of a token of the kind.
func CheckToken(kind TokenKind, t Text) error { panic("stub") }

// Digest is what is stored of a token: its SHA-256.
func Digest(t Text) []byte { panic("stub") }
