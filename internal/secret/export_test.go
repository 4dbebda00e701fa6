package secret

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
