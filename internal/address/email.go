package address

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of an address in bytes (RFC 5321, 4.5.3.1, and its erratum 1690).
const (
	EmailMaxLength = 254
	LocalMaxLength = 64
)

// Email is a checked address.
type Email struct {
	Address   string // as it was given, without the spaces around it; mail goes there
	Canonical string // what makes two addresses the same: letters lowered, in NFC, the domain in IDNA's ASCII
}

// emailError says to the user what is wrong with an address, without repeating it.
type emailError string

func (e emailError) Error() string { return string(e) }

// What can be wrong with an address. A caller may tell errEmailMissing, and call it REQUIRED.
const (
	errEmailMissing    emailError = "Enter an email address."
	ErrEmailTooLong    emailError = "This email address is too long: at most 254 bytes, and 64 before the @."
	errEmailCharacters emailError = "This email address has a space or a character that cannot be seen."
	errEmailBrackets   emailError = "Enter the email address alone, without a name and without < >."
	errEmailAt         emailError = "An email address has one @, as in name@example.org."
	errEmailLocal      emailError = "What stands before the @ is not the name of a mailbox."
	errEmailDomain     emailError = "What stands after the @ is not the name of a mail domain, like example.org."
)

// ParseEmail checks an address, with spaces around it or not. It takes an address alone, dot-atom@host
// in the terms of RFC 5322 and 6531: no display name, no quoted local part, no IP address. The
// error is for the user, says what is wrong, and does not repeat the address.
//
// What is the same before the @ is decided by foldLocal. Two mailboxes of different owners must not share a
// key (CVE-2019-19844), so it folds capitals and normal forms and nothing else.
func ParseEmail(s string) (Email, error) {
	address := strings.TrimSpace(s)
	switch {
	case address == "":
		return Email{}, errEmailMissing
	case len(address) > EmailMaxLength:
		return Email{}, ErrEmailTooLong
	case strings.ContainsAny(address, "<>"):
		return Email{}, errEmailBrackets
	case !utf8.ValidString(address) || strings.ContainsFunc(address, unseen):
		return Email{}, errEmailCharacters
	case strings.Count(address, "@") != 1:
		return Email{}, errEmailAt
	}

	local, domain, _ := strings.Cut(address, "@")
	if len(local) > LocalMaxLength {
		return Email{}, ErrEmailTooLong
	}
	if !validLocal(local) {
		return Email{}, errEmailLocal
	}
	host, ok := mailHost(domain)
	if !ok {
		return Email{}, errEmailDomain
	}

	if len(local)+len("@")+len(host) > EmailMaxLength { // a domain is longer in ASCII
		return Email{}, ErrEmailTooLong
	}
	return Email{Address: address, Canonical: foldLocal(local, len(host)) + "@" + host}, nil
}

// FormerKey returns the key that releases before this one gave the address, or "" if that is its key. They
// lowered the letters of ASCII alone, and mapped nothing else before the @.
func (e Email) FormerKey() string {
	local, _, ok := strings.Cut(e.Address, "@")
	if !ok {
		return ""
	}
	_, host, _ := strings.Cut(e.Canonical, "@")
	if key := strings.Map(lowerASCII, local) + "@" + host; key != e.Canonical {
		return key
	}
	return ""
}

// lowercase has what strings.ToLower does not do as Unicode's full mapping does, without regard to a language. A
// dotted capital İ keeps its dot, so it is no i. Both small sigmas are one, for they have one capital.
var lowercase = strings.NewReplacer("İ", "i\u0307", "ς", "σ")

// foldLocal returns what is before the @ of a key: capitals lowered, in NFC. So letters that differ in these
// two ways alone are the same, as RFC 5321 (2.4) and RFC 6532 (3.1) want mailboxes to be named. Everything else that looks
// alike stays apart: ı and i, ß and ss, ligatures, widths, dots, tags. A mapping that does not fit into the bounds of an
// address is not made beyond ASCII.
func foldLocal(local string, host int) string {
	folded := norm.NFC.String(strings.ToLower(lowercase.Replace(norm.NFC.String(local))))
	if len(folded) > LocalMaxLength || len(folded)+len("@")+host > EmailMaxLength || !validLocal(folded) {
		return strings.Map(lowerASCII, local)
	}
	return folded
}

// unseen reports whether a reader of the address would not see r: spaces, control and format
// characters, fillers, variation selectors, and what Unicode has not assigned.
func unseen(r rune) bool {
	const blank = '\u2800' // a braille pattern without dots
	return !unicode.IsGraphic(r) || unicode.IsSpace(r) || r == blank || r == unicode.ReplacementChar ||
		unicode.In(r, unicode.Zs, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// validLocal reports whether local is a dot-atom: words of atext (RFC 5322, 3.2.3, RFC 6531, 3.3)
// with single dots between. It refuses "=?", which begins an encoded word: some programs that mail
// passes through decode it, and deliver to the address that comes out.
func validLocal(local string) bool {
	if strings.Contains(local, "=?") {
		return false
	}
	for word := range strings.SplitSeq(local, ".") {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return !atext(r) }) {
			return false
		}
	}
	return true
}

func atext(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.S)
}
