package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	aboutMaxLength   = 1024 // bytes of each text that a password is compared with
	similarMinLength = 4    // code points of a name that count as a part of it
)

// isSimilar reports whether at least half of a password is something that it is about, or a
// part of that of 4 code points or more, forwards or backwards, or whether the password is a part of
// it. Case does not count.
func isSimilar(password string, about []string) bool {
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
