// Package password says which passwords a user may choose: long enough, not common, and not like what the
// account is about (NIST SP 800-63B-4, 3.1.1.2; ASVS 6.2). It knows no hashes; package secret has those.
package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/text"
)

// Bounds of a password, in Unicode code points as it is compared. So a password has at most 1,024 bytes.
const (
	MinLength = 8
	MaxLength = 256
)

// maxRawLength bounds the work that a password gives, in bytes: more than 256 code points have in any
// form of Unicode.
const maxRawLength = 4096

// Fault is what is wrong with a password.
type Fault string

// What can be wrong with a password.
const (
	Missing    Fault = "missing"
	NotText    Fault = "not text" // NUL or invalid UTF-8 is in it
	TooLong    Fault = "too long"
	TooShort   Fault = "too short"
	TooCommon  Fault = "too common"
	TooSimilar Fault = "too similar" // to what it is about
)

// Faults are all the things that can be wrong with a password.
var Faults = []Fault{Missing, NotText, TooLong, TooShort, TooCommon, TooSimilar}

// Choose returns a new password of at least so many code points as it is to be hashed, see Normalize, or
// everything that is wrong with it. It may contain any character but NUL, and needs no particular kind of
// character. It is neither common nor similar to what it is about: the email address, the username and the
// name of its user. It never changes but for what Normalize does, and is never cut.
func Choose(least int, raw secret.Text, about ...string) (secret.Text, []Fault) {
	password, fault := Normalize(raw)
	if fault != "" {
		return "", []Fault{fault}
	}
	if utf8.RuneCountInString(password.Reveal()) < least {
		return "", []Fault{TooShort}
	}

	var faults []Fault
	if isCommon(password.Reveal()) {
		faults = append(faults, TooCommon)
	}
	if isSimilar(password.Reveal(), about) {
		faults = append(faults, TooSimilar)
	}
	if faults != nil {
		return "", faults
	}
	return password, nil
}

// Normalize returns a password as it is to be compared with a hash, or what is wrong with it, ""
// for nothing. The forms that look and type the same are one: every space of Unicode becomes that of ASCII, and the
// rest is put into NFC, as by the OpaqueString profile of RFC 8265 (4.2.2). Unlike that profile it lets control
// characters and what Unicode has not assigned pass, for accounts have them. It refuses only what no account can have as its password, so its answer tells nothing
// of any account: a missing password, text that is too long, and what is not text.
func Normalize(raw secret.Text) (secret.Text, Fault) {
	switch given := raw.Reveal(); {
	case given == "":
		return "", Missing
	case len(given) > maxRawLength: // before any work on it
		return "", TooLong
	case !text.Storable(given):
		return "", NotText
	}

	password := norm.NFC.String(strings.Map(plainSpace, raw.Reveal()))
	if utf8.RuneCountInString(password) > MaxLength {
		return "", TooLong
	}
	return secret.Text(password), ""
}

// Former returns a password that Normalize accepts as releases before this one compared it, in NFC alone, or "" if
// that is the same. It differs only for a password with a space that is not that of ASCII.
func Former(raw secret.Text) secret.Text {
	if !strings.ContainsFunc(raw.Reveal(), isOtherSpace) {
		return ""
	}
	return secret.Text(norm.NFC.String(raw.Reveal()))
}

func plainSpace(r rune) rune {
	if isOtherSpace(r) {
		return ' '
	}
	return r
}

// isOtherSpace reports whether r is a space (general category Zs) beyond ASCII, such as the no-break space.
func isOtherSpace(r rune) bool { return r != ' ' && unicode.Is(unicode.Zs, r) }
