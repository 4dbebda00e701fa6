package password

import (
	_ "embed" // for the list
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// commonPasswords has one password on a line: at least 8 code points long, NFC, lower case, sorted
// by bytes. It stays one string, in the pages of the program's file, and costs no memory beside.
//
// It is made of the npm package that NOTICE names. To take a newer one, run `npm pack` for it,
// unpack that, and run this where the folder package is:
//
//	node -e '
//	  const known = require("./package/src/passwords.json").map(p => p.normalize("NFC").toLowerCase().trim());
//	  const long = [...new Set(known)].filter(p => [...p].length >= 8);
//	  console.log(long.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join("\n"));
//	' >common_passwords.txt
//
//go:embed common_passwords.txt
var commonPasswords string

// keyboardWalks are rows and columns of keyboards and the orders that everyone counts in.
var keyboardWalks = []string{
	"1234567890123456789012345678901234567890",
	"qwertyuiopasdfghjklzxcvbnmqwertyuiop",
	"qwertzuiopasdfghjklyxcvbnmqwertzuiop",
	"azertyuiopqsdfghjklmwxcvbnazertyuiop",
	"йцукенгшщзхъфывапролджэячсмитьбю",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
	"1q2w3e4r5t6y7u8i9o0p",
	"q1w2e3r4t5y6u7i8o9p0",
	"!@#$%^&*()_+",
}

// yearWords are too short for the list and are, with a year, what people choose when they must change
// their password.
var yearWords = []string{
	"spring", "summer", "autumn", "fall", "winter", "welcome", "admin",
	"january", "february", "march", "april", "may", "june", "july",
	"august", "september", "october", "november", "december",
}

// isCommon reports whether a password is among the first that anyone tries: on the list, a
// trivial pattern, or one of those with a year or exclamation marks after it. Case does not count,
// nor do spaces around it. The password is in NFC and not longer than a password may be.
func isCommon(password string) bool {
	whole := strings.ToLower(strings.TrimSpace(password))
	base := strings.TrimRight(whole, "!")
	if whole == "" || trivial(whole) || trivial(base) {
		return true
	}

	word, isDated := cutYear(base)
	return isDated && (trivial(word) || slices.Contains(yearWords, word))
}

// trivial reports whether s is on the list or follows a pattern, or repeats what does.
func trivial(s string) bool {
	unit := repeatedUnit(s)
	isShort := unit != s && utf8.RuneCountInString(unit) <= 4
	return isShort || listed(s) || listed(unit) || walks(unit) || isDate(s)
}

// listed reports whether s is a line of commonPasswords, by binary search.
func listed(s string) bool {
	for low, high := 0, len(commonPasswords); low < high; {
		middle := low + (high-low)/2
		start := low + strings.LastIndexByte(commonPasswords[low:middle], '\n') + 1
		line, _, _ := strings.Cut(commonPasswords[start:high], "\n")

		switch strings.Compare(s, line) {
		case 0:
			return s != ""
		case -1:
			high = start
		default:
			low = start + len(line) + 1
		}
	}
	return false
}

// repeatedUnit returns the shortest string that s is whole repetitions of: s itself, if it repeats
// nothing.
func repeatedUnit(s string) string {
	if s == "" {
		return s
	}
	// s is found in ss first at 0 and then after one unit.
	return s[:strings.Index((s + s)[1:], s)+1]
}

// walks reports whether s, of 3 code points or more, counts up or down in the order of Unicode, or
// walks over a keyboard, from either end.
func walks(s string) bool {
	if utf8.RuneCountInString(s) < 3 {
		return false
	}
	backwards := reverse(s)
	for _, walk := range keyboardWalks {
		if strings.Contains(walk, s) || strings.Contains(walk, backwards) {
			return true
		}
	}

	runes := []rune(s)
	for i := 2; i < len(runes); i++ {
		step := runes[i] - runes[i-1]
		if step != runes[1]-runes[0] || step < -1 || step > 1 {
			return false
		}
	}
	return true
}

// isDate reports whether s is eight digits that are a day, a month and a year, in any usual order.
func isDate(s string) bool {
	if len(s) != 8 || strings.Trim(s, "0123456789") != "" {
		return false
	}
	number := func(from int) int { return int(s[from]-'0')*10 + int(s[from+1]-'0') }
	isDay := func(a, b int) bool { return 1 <= a && a <= 31 && 1 <= b && b <= 12 }
	isCentury := func(century int) bool { return century == 19 || century == 20 }

	return isCentury(number(4)) && (isDay(number(0), number(2)) || isDay(number(2), number(0))) ||
		isCentury(number(0)) && (isDay(number(6), number(4)) || isDay(number(4), number(6)))
}

// cutYear returns s without a year of the 20th or 21st century at its end.
func cutYear(s string) (rest string, found bool) {
	if len(s) < 4 {
		return s, false
	}
	rest, year := s[:len(s)-4], s[len(s)-4:]
	if strings.Trim(year[2:], "0123456789") != "" || year[:2] != "19" && year[:2] != "20" {
		return s, false
	}
	return strings.TrimRightFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), true
}

func reverse(s string) string {
	runes := []rune(s)
	slices.Reverse(runes)
	return string(runes)
}
