package foreign

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"

	"golang.org/x/text/unicode/norm"
)

// asTyped leaves the password alone.
func asTyped(_ Hash, password []byte) [][]byte { return [][]byte{password} }

// inSHA256 is Django's BCryptSHA256PasswordHasher.
func inSHA256(_ Hash, password []byte) [][]byte {
	sum := sha256.Sum256(password)
	return [][]byte{hex.AppendEncode(nil, sum[:])}
}

// inNFKC is better-auth, which normalizes before it hashes.
func inNFKC(_ Hash, password []byte) [][]byte { return [][]byte{norm.NFKC.Bytes(password)} }

// seasoned is Devise, which appends its pepper.
func seasoned(h Hash, password []byte) [][]byte {
	return [][]byte{append(bytes.Clone(password), h.pepper...)}
}

// trimmed is WordPress, which trims passwords (PHP's trim), and hashes what a form sent with its backslashes, quotes and
// NUL characters escaped, but what its command line sent without.
func trimmed(_ Hash, password []byte) [][]byte {
	plain := bytes.Trim(password, " \n\r\t\v\x00")
	forms := [][]byte{plain}
	if bytes.ContainsAny(plain, "'\"\\") {
		var slashed []byte
		for _, b := range plain {
			if b == '\'' || b == '"' || b == '\\' {
				slashed = append(slashed, '\\')
			}
			slashed = append(slashed, b)
		}
		forms = append(forms, slashed)
	}
	return forms
}

// inWordPress is WordPress since 6.8: bcrypt gets the HMAC of the password, for which its length does not matter.
func inWordPress(h Hash, password []byte) [][]byte {
	forms := trimmed(h, password)
	for i, form := range forms {
		mac := hmac.New(sha512.New384, []byte("wp-sha384"))
		_, _ = mac.Write(form)
		forms[i] = base64.StdEncoding.AppendEncode(nil, mac.Sum(nil))
	}
	return forms
}
