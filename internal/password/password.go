// Package password says which passwords a user may choose: long enough, not common, and not like what the
// account is about (NIST SP 800-63B-4, 3.1.1.2; ASVS 6.2). It knows no hashes; package secret has those.
package password

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/text"
)

// Bounds of a password, in Unicode code points after NFC. So a password has at most 1,024 bytes.
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

// Choose returns a new password of at least so many code points as it is to be hashed, in NFC, or
// everything that is wrong with it. It may contain any character but NUL, and needs no particular kind of
// character. It is neither common nor similar to what it is about: the email address, the username and the
// name of its user. It never changes but for NFC, and is never cut.
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

// Normalize returns a password as it is to be compared with a hash, in NFC, or what is wrong with it, ""
// for nothing. It refuses only what no account can have as its password, so its answer tells nothing
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

	password := norm.NFC.String(raw.Reveal())
	if utf8.RuneCountInString(password) > MaxLength {
		return "", TooLong
	}
	return secret.Text(password), ""
}
