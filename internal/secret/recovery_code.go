package secret

import (
	"crypto/rand"
	"strings"
)

const (
	recoveryBytes  = 10 // 80 bits; SP 800-63B-4 section 4.2.1.1 wants 64 at least
	recoveryLength = 16 // letters of base32
	recoveryGroup  = 4
)

// NewRecoveryCode returns a new code for when a second factor is lost: 16 letters and digits of base32 with 80
// random bits, as xxxx-xxxx-xxxx-xxxx. It is kept as the digest of the key that NewRecoveryKey returns.
func NewRecoveryCode() Text {
	var bits [recoveryBytes]byte
	_, _ = rand.Read(bits[:]) // never fails: it ends the program instead
	return groupRecovery(totpBase32.EncodeToString(bits[:]))
}

// ReadRecoveryCode returns the code that somebody typed as NewRecoveryCode would have written it, and false if it
// is none. Case makes no difference, and neither do spaces and dashes. What is easily taken for a letter
// of the alphabet is read as that letter: 0 as O, 1 as I, 8 as B.
func ReadRecoveryCode(typed Text) (code Text, ok bool) {
	if len(typed) > codeMaxRaw {
		return "", false
	}
	letters := strings.NewReplacer("0", "O", "1", "I", "8", "B").Replace(strings.Map(codeLetter, string(typed)))
	if len(letters) != recoveryLength {
		return "", false
	}
	if _, err := totpBase32.DecodeString(letters); err != nil {
		return "", false
	}
	return groupRecovery(letters), true
}

// ReadForeignRecoveryCode returns a recovery code of another system as it is kept: at least eight letters and digits, in
// lowercase, without the spaces and dashes that may stand between them. False if it is none. Such codes are shorter than
// ours, and are guarded by the limits of the second factor.
func ReadForeignRecoveryCode(typed Text) (code Text, ok bool) {
	const shortest = 8
	if len(typed) > codeMaxRaw {
		return "", false
	}
	letters := strings.Map(codeLetter, string(typed))
	if len(letters) < shortest || strings.Trim(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return "", false
	}
	return Text("foreign-" + strings.ToLower(letters)), true
}

func groupRecovery(letters string) Text {
	letters = strings.ToLower(letters)
	groups := make([]string, 0, recoveryLength/recoveryGroup)
	for ; letters != ""; letters = letters[recoveryGroup:] {
		groups = append(groups, letters[:recoveryGroup])
	}
	return Text(strings.Join(groups, "-"))
}

// NewRecoveryKey derives the key of recovery codes from the server's secret key.
func NewRecoveryKey(k Key) *CodeKey {
	return &CodeKey{Key: Key(k.Derive("recovery codes"))}
}
