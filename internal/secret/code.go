package secret

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
)

// codeLetters are the letters of a code. Without vowels no words come of them, and without digits
// nothing is taken for something else (RFC 8628, section 6.1).
const codeLetters = "BCDFGHJKLMNPQRSTVWXZ"

const (
	codeLength = 8
	codeMaxRaw = 64 // bytes of a code as it was typed
)

// NewCode returns a new code to be typed by hand: XXXX-XXXX, eight of 20 letters, 34 random bits. It
// is short, so it is good only for some minutes and a few tries (ASVS 6.5), and is kept as a
// CodeKey's digest.
func NewCode() Text {
	const unbiased = 256 - 256%len(codeLetters) // bytes from here on would favour the first letters
	var code strings.Builder
	for letters := 0; letters < codeLength; {
		var one [1]byte
		_, _ = rand.Read(one[:]) // never fails: it ends the program instead
		if int(one[0]) >= unbiased {
			continue
		}
		if letters == codeLength/2 {
			code.WriteByte('-')
		}
		code.WriteByte(codeLetters[int(one[0])%len(codeLetters)])
		letters++
	}
	return Text(code.String())
}

// ReadCode returns the code that somebody typed as NewCode would have written it, and false if it
// is none. Case makes no difference, and neither do spaces and dashes, wherever they are.
func ReadCode(typed Text) (code Text, ok bool) {
	if len(typed) > codeMaxRaw {
		return "", false
	}
	letters := strings.Map(codeLetter, string(typed))
	if len(letters) != codeLength || strings.Trim(letters, codeLetters) != "" {
		return "", false
	}
	return Text(letters[:codeLength/2] + "-" + letters[codeLength/2:]), true
}

// codeLetter raises a letter and drops what may stand between two: spaces, and dashes as keyboards
// and mail programs write them.
func codeLetter(r rune) rune {
	const between = " \t\r\n\u00a0-\u2010\u2011\u2012\u2013\u2014\u2212"
	switch {
	case strings.ContainsRune(between, r):
		return -1
	case 'a' <= r && r <= 'z':
		return r + 'A' - 'a'
	}
	return r
}

// CodeKey is the key under which codes are kept. A code is short enough to be found by trying all of
// them on a plain digest; without this key, which is not in the database, it cannot be.
type CodeKey struct {
	Key Key // derived; prints as "[secret]"
}

// NewCodeKey derives the key of codes from the server's secret key.
func NewCodeKey(k Key) *CodeKey {
	return &CodeKey{Key: Key(k.Derive("one-time codes"))}
}

// Digest is what is stored of a code: the HMAC-SHA-256 (RFC 2104) of the code and of what it is
// bound to. The order of what it is bound to counts, and no two lists give the same bytes.
func (k *CodeKey) Digest(code Text, boundTo ...string) []byte {
	mac := hmac.New(sha256.New, k.Key[:])
	for _, part := range append(slices.Clip(boundTo), string(code)) {
		// hash.Hash never returns an error.
		_ = binary.Write(mac, binary.BigEndian, uint64(len(part)))
		_, _ = mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

// Match reports whether the digest is that of the code and what it is bound to, in the same time
// whether it is or not. No code has an empty digest.
func (k *CodeKey) Match(digest []byte, code Text, boundTo ...string) bool {
	return hmac.Equal(digest, k.Digest(code, boundTo...))
}
