package auth

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Bounds of a password, in Unicode code points after NFC (NIST SP 800-63B-4, 3.1.1.2). So a password
// has at most 1,024 bytes.
const (
	PasswordMinLength = 8
	PasswordMaxLength = 256
)

// Bounds of the work that a password gives, in bytes.
const (
	passwordMaxRaw = 4096 // more than 256 code points have in any form of Unicode
	aboutMaxLength = 1024 // of each thing that a password is compared with
)

// similarMinLength is how much of a name counts as a part of it, in code points.
const similarMinLength = 4

// acceptPassword returns a new password of at least so many code points as it is to be hashed, in NFC,
// or every problem that it has for the field. Any character may be in it but NUL, and no kind of character must be (NIST SP
// 800-63B-4, 3.1.1.2; ASVS 6.2). It is neither common nor similar to what it is about: the
// address, the username and the name of its user. It never changes but for NFC, and is never cut.
func acceptPassword(least int, raw secret.Text, field string, about ...string) (secret.Text, Problems) {
	password, problems := presentedPassword(raw, field)
	if problems != nil {
		return "", problems
	}
	if utf8.RuneCountInString(password.Reveal()) < least {
		return "", Problems{problem(PasswordTooShort, field,
			fmt.Sprintf("Use at least %d characters.", least))}
	}

	if commonPassword(password.Reveal()) {
		problems = append(problems, problem(PasswordTooCommon, field,
			"This password is one of the first that anybody would try. Use another."))
	}
	if similarPassword(password.Reveal(), about) {
		problems = append(problems, problem(PasswordTooSimilar, field,
			"This password is too much like your email address, username or name. Use another."))
	}
	if problems != nil {
		return "", problems
	}
	return password, nil
}

// presentedPassword returns a password as it is to be compared with a hash, in NFC, or the problem
// that it has for the field. It refuses only what nobody's password can be, so its answer tells
// nothing of any account: nothing at all, too long a text, and what is no text. For that, with a
// NUL or invalid UTF-8 in it, the code is REQUIRED: there was no password in the field.
func presentedPassword(raw secret.Text, field string) (secret.Text, Problems) {
	tooLong := problem(PasswordTooLong, field, fmt.Sprintf("Use at most %d characters.", PasswordMaxLength))

	switch text := raw.Reveal(); {
	case text == "":
		return "", Problems{problem(Required, field, "Enter a password.")}
	case len(text) > passwordMaxRaw: // before any work on it
		return "", Problems{tooLong}
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "", Problems{problem(Required, field, "Enter a password of characters in UTF-8, without NUL.")}
	}

	password := norm.NFC.String(raw.Reveal())
	if utf8.RuneCountInString(password) > PasswordMaxLength {
		return "", Problems{tooLong}
	}
	return secret.Text(password), nil
}

// similarPassword reports whether at least half of a password is something that it is about, or a
// part of that of 4 code points or more, forwards or backwards, or whether the password is a part of
// it. Case does not count.
func similarPassword(password string, about []string) bool {
	password = strings.ToLower(password)
	length := utf8.RuneCountInString(password)

	for _, part := range similarParts(about) {
		if strings.Contains(part, password) || strings.Contains(reverse(part), password) {
			return true
		}
		if 2*utf8.RuneCountInString(part) < length {
			continue
		}
		if strings.Contains(password, part) || strings.Contains(password, reverse(part)) {
			return true
		}
	}
	return false
}

// similarParts returns each text, what stands before an @ in it, both also without what is between
// the words, and the words.
func similarParts(about []string) []string {
	var parts []string
	for _, text := range about {
		text = strings.ToLower(norm.NFC.String(text[:min(len(text), aboutMaxLength)]))
		local, _, _ := strings.Cut(text, "@")
		for _, whole := range []string{text, local} {
			words := strings.FieldsFunc(whole, betweenWords)
			parts = append(parts, strings.TrimSpace(whole), strings.Join(words, ""))
			parts = append(parts, words...)
		}
	}

	long := parts[:0]
	for _, part := range parts {
		if utf8.RuneCountInString(part) >= similarMinLength {
			long = append(long, part)
		}
	}
	return long
}

func betweenWords(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
}
