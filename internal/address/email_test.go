package address_test

import (
	netmail "net/mail"
	"strings"
	"testing"
	"unicode"

	"github.com/wneessen/go-mail"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/latchkey-auth/latchkey/internal/address"
)

func TestParseEmailAccepts(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("d", 62) + "."
	longest := strings.Repeat("l", 64) + "@" + strings.Repeat(label, 2) + strings.Repeat("d", 59) + ".de"

	cases := []struct{ name, given, address, key string }{
		{"an address", "ada@example.org", "ada@example.org", "ada@example.org"},
		{"spaces around", " \t\u00a0ada@example.org\u3000\r\n", "ada@example.org", "ada@example.org"},
		{"capitals", "Ada.Lovelace@Example.ORG", "Ada.Lovelace@Example.ORG", "ada.lovelace@example.org"},
		{"a tag", "ada+latchkey@example.org", "ada+latchkey@example.org", "ada+latchkey@example.org"},
		{"every special of atext", "!#$%&'*+-/=^?_`{|}~@example.org", "!#$%&'*+-/=^?_`{|}~@example.org", "!#$%&'*+-/=^?_`{|}~@example.org"},
		{"one letter each", "a@b.c", "a@b.c", "a@b.c"},
		{"digits", "1815@3com.example", "1815@3com.example", "1815@3com.example"},
		{"a domain that is not ASCII", "ada@Bücher.example", "ada@Bücher.example", "ada@xn--bcher-kva.example"},
		{"the same in ASCII", "ada@XN--bcher-KVA.example", "ada@XN--bcher-KVA.example", "ada@xn--bcher-kva.example"},
		{"ß, which is not ss", "ada@faß.example", "ada@faß.example", "ada@xn--fa-hia.example"},
		{"a top-level domain that is not ASCII", "пётр@почта.рф", "пётр@почта.рф", "пётр@xn--80a1acny.xn--p1ai"},
		{"right to left", "דוא@דוגמה.קום", "דוא@דוגמה.קום", "דוא@xn--6dbbec0c.xn--9dbq2a"},
		{"an ideographic dot", "ada@例え。テスト", "ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah"},
		{"an emoji", "😀@example.org", "😀@example.org", "😀@example.org"},
		{"64 bytes before the @", longest, longest, longest},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			email, err := address.ParseEmail(test.given)
			if err != nil {
				t.Fatal(err)
			}
			if email.Address != test.address || email.Canonical != test.key {
				t.Errorf("got %+q, want address %+q and key %+q", email, test.address, test.key)
			}
			expectSendable(t, email)
		})
	}
}

func TestParseEmailRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, given, says string }{
		{"nothing", "", "Enter an email address."},
		{"spaces", " \t\r\n", "Enter an email address."},
		{"no @", "ada.example.org", "one @"},
		{"two @", "ada@b@example.org", "one @"},
		{"a second @ in quotes", `"ada@b"@example.org`, "one @"},
		{"a display name", "Ada <ada@example.org>", "alone"},
		{"a display name without a space", "Ada<ada@example.org>", "alone"},
		{"brackets", "<ada@example.org>", "alone"},
		{"a list", "ada@example.org,bob@example.org", "one @"},
		{"a group", "all:ada@example.org;", "mailbox"},
		{"a comment", "ada(x)@example.org", "mailbox"},
		{"quotes", `"ada"@example.org`, "mailbox"},
		{"a backslash", `a\da@example.org`, "mailbox"},
		{"an encoded word", "=?utf-8?q?ada=40evil.example=3E=00?=@example.org", "mailbox"},
		{"a space inside", "ada lovelace@example.org", "space"},
		{"a space before the @", "ada @example.org", "space"},
		{"a no-break space", "ada\u00a0l@example.org", "space"},
		{"a line end, as in a planted header", "ada@example.org\r\nBcc: bob@example.org", "space"},
		{"a NUL", "ada\x00@example.org", "cannot be seen"},
		{"a NUL at the end", "ada@example.org\x00", "cannot be seen"},
		{"a DEL", "ada\x7f@example.org", "cannot be seen"},
		{"a C1 control", "ada\u0086@example.org", "cannot be seen"},
		{"a zero-width space", "ada\u200b@example.org", "cannot be seen"},
		{"a soft hyphen in the domain", "ada@exam\u00adple.org", "cannot be seen"},
		{"a change of direction", "ada\u202egro@example.org", "cannot be seen"},
		{"a byte order mark", "\ufeffada@example.org", "cannot be seen"},
		{"a hangul filler", "ada\u3164@example.org", "cannot be seen"},
		{"a variation selector", "ada\ufe0f@example.org", "cannot be seen"},
		{"a tag character", "ada\U000e0041@example.org", "cannot be seen"},
		{"an empty braille pattern", "ada\u2800@example.org", "cannot be seen"},
		{"a private character", "ada\ue000@example.org", "cannot be seen"},
		{"invalid UTF-8", "ada\xff@example.org", "cannot be seen"},
		{"nothing before the @", "@example.org", "mailbox"},
		{"a dot first", ".ada@example.org", "mailbox"},
		{"a dot last", "ada.@example.org", "mailbox"},
		{"two dots", "ada..lovelace@example.org", "mailbox"},
		{"a wide @ before the @", "ada＠b@example.org", "mailbox"},
		{"a wide @ after it", "ada@b＠example.org", "domain"},
		{"65 bytes before the @", strings.Repeat("l", 65) + "@example.org", "too long"},
		{"33 letters of two bytes", strings.Repeat("é", 33) + "@example.org", "too long"},
		{"255 bytes", "ada@" + strings.Repeat(strings.Repeat("d", 49)+".", 5) + "d", "too long"},
		{"255 bytes in ASCII", strings.Repeat("a", 64) + "@" + strings.Repeat("é.", 25) + "example", "too long"},
		{"a megabyte", strings.Repeat("a", 1<<20) + "@example.org", "too long"},
		{"nothing after the @", "ada@", "domain"},
		{"one label", "ada@localhost", "domain"},
		{"a dot at the end", "ada@example.org.", "domain"},
		{"one label and a dot", "ada@org.", "domain"},
		{"a dot at the beginning", "ada@.example.org", "domain"},
		{"an empty label", "ada@example..org", "domain"},
		{"an underscore", "ada@exam_ple.org", "domain"},
		{"a hyphen first", "ada@-example.org", "domain"},
		{"a hyphen last", "ada@example-.org", "domain"},
		{"hyphens third and fourth", "ada@ab--cd.org", "domain"},
		{"a label of 64 bytes", "ada@" + strings.Repeat("d", 64) + ".org", "domain"},
		{"an IP address", "ada@127.0.0.1", "domain"},
		{"an IP address in brackets", "ada@[127.0.0.1]", "domain"},
		{"an IPv6 address", "ada@[IPv6:::1]", "domain"},
		{"a numeric top-level domain", "ada@example.123", "domain"},
		{"the same in wide digits", "ada@example.１２３", "domain"},
		{"a port", "ada@example.org:25", "domain"},
		{"a path", "ada@example.org/x", "domain"},
		{"a character that maps to a path", "ada@example.℀", "domain"},
		{"punycode of nothing", "ada@xn--.org", "domain"},
		{"punycode of ASCII", "ada@xn--example-.org", "domain"},
		{"punycode of a capital", "ada@xn--Bcher-kva8.example", "domain"},
		{"two directions in a label", "ada@aא.example", "domain"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			email, err := address.ParseEmail(test.given)
			if err == nil {
				t.Fatalf("accepted as %+q", email)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("says %q, want something about %q", err, test.says)
			}
			if email != (address.Email{}) {
				t.Error("an address came with the error")
			}
		})
	}
}

func TestMailboxesThatLookAlikeAreNotTheSame(t *testing.T) {
	t.Parallel()
	pairs := map[string][2]string{
		"a dotless i (CVE-2019-19844)":       {"m\u0131ke@example.org", "mike@example.org"},
		"a dotted capital i":                 {"m\u0130ke@example.org", "mike@example.org"},
		"a long s":                           {"\u017fam@example.org", "sam@example.org"},
		"a wide letter":                      {"\uff41da@example.org", "ada@example.org"},
		"a ligature":                         {"\ufb01n@example.org", "fin@example.org"},
		"a letter with and without its mark": {"andr\u00e9@example.org", "andre@example.org"},
		"a sharp s and two":                  {"stra\u00dfe@example.org", "strasse@example.org"},
		"a dotted capital i and a dotless i": {"m\u0130ke@example.org", "m\u0131ke@example.org"},
		"a micro sign and a mu":              {"\u00b5@example.org", "\u03bc@example.org"},
		"a Cyrillic letter and a Latin one":  {"\u0430da@example.org", "ada@example.org"},
		"a superscript and a digit":          {"ada\u00b2@example.org", "ada2@example.org"},
		"a tag and none":                     {"ada+x@example.org", "ada@example.org"},
		"a dot and none":                     {"a.da@example.org", "ada@example.org"},
		"a domain in Cyrillic and in Latin":  {"ada@\u0430pple.example", "ada@apple.example"},
	}
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			if parseEmail(t, pair[0]).Canonical == parseEmail(t, pair[1]).Canonical {
				t.Error("they have the same key")
			}
		})
	}
}

func TestMailboxesThatLookAndTypeTheSameAreTheSame(t *testing.T) {
	t.Parallel()
	for name, forms := range map[string][]string{
		"capitals":                      {"\u00e9va@example.org", "\u00c9va@example.org", "\u00c9VA@EXAMPLE.ORG"},
		"normal forms":                  {"andr\u00e9@example.org", "andre\u0301@example.org", "ANDRE\u0301@example.org"},
		"capitals of other scripts":     {"\u043f\u0451\u0442\u0440@example.org", "\u041f\u0401\u0422\u0420@example.org", "\u041f\u0415\u0308\u0422\u0420@example.org"},
		"a sigma at the end of a word":  {"\u03bf\u03b4\u03cc\u03c2@example.org", "\u039f\u0394\u038c\u03a3@example.org", "\u03bf\u03b4\u03cc\u03c3@example.org"},
		"a dotted capital i":            {"m\u0130ke@example.org", "mI\u0307ke@example.org", "mi\u0307ke@example.org"},
		"a capital sharp s":             {"stra\u00dfe@example.org", "stra\u1e9ee@example.org"},
		"the Kelvin sign, which is a K": {"mi\u212ae@example.org", "mike@example.org"},
		"marks in another order":        {"a\u0323\u0302da@example.org", "a\u0302\u0323da@example.org", "\u1eaDda@example.org"},
	} {
		want := parseEmail(t, forms[0]).Canonical
		for _, other := range forms[1:] {
			if got := parseEmail(t, other).Canonical; got != want {
				t.Errorf("%s: %+q has the key %+q, want %+q", name, other, got, want)
			}
		}
	}
}

func TestKeysAreTheSameInEveryFormOfAnAddress(t *testing.T) {
	t.Parallel()
	letters := rapid.OneOf(rapid.RuneFrom(nil, unicode.L), rapid.RuneFrom(nil, unicode.Mn), rapid.SampledFrom([]rune("abcXYZ.-+\u0130\u0131\u03c2\u03a3\u00df\u1e9e\u023a\u0345\u0307\u212a")))
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.StringOfN(letters, 1, 8, -1).Draw(t, "local") + "@example.org"
		email, err := address.ParseEmail(typed)
		if err != nil {
			return
		}
		for _, other := range []string{email.Canonical, norm.NFC.String(typed), norm.NFD.String(typed), strings.ToLower(norm.NFD.String(email.Canonical))} {
			if got, err := address.ParseEmail(other); err == nil && got.Canonical != email.Canonical {
				t.Errorf("%+q has the key %+q, want %+q as %+q has", other, got.Canonical, email.Canonical, typed)
			}
		}
		local, _, _ := strings.Cut(email.Canonical, "@")
		if strings.ContainsFunc(local, func(r rune) bool { return r < 0x80 && unicode.IsUpper(r) }) || !norm.NFC.IsNormalString(local) {
			t.Errorf("%+q has the key %+q, want it without capitals and in NFC", typed, local)
		}
	})
}

func TestCapitalsOfOneLetterMakeNoDifference(t *testing.T) {
	t.Parallel()
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		lower := unicode.ToLower(r)
		if lower == r || r == '\u0130' || !unicode.IsLetter(r) {
			continue
		}
		capital, err := address.ParseEmail("a" + string(r) + "b@example.org")
		small, otherErr := address.ParseEmail("a" + string(lower) + "b@example.org")
		if err != nil || otherErr != nil || capital.Canonical != small.Canonical {
			t.Errorf("%U has the key %+q and %U %+q, want one (%v, %v)", r, capital.Canonical, lower, small.Canonical, err, otherErr)
		}
	}
}

func TestFormerKey(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"ada@example.org":              "",
		"Ada@Example.org":              "",
		"\u00e9va@b\u00fccher.example": "",
		"\u00c9vA@B\u00fccher.example": "\u00c9va@xn--bcher-kva.example",
		"andre\u0301@example.org":      "andre\u0301@example.org",
		// What does not fit when it is mapped has the key that it had.
		strings.Repeat("\u023a", 32) + "@example.org": "",
	} {
		email := parseEmail(t, given)
		if got := email.FormerKey(); got != want {
			t.Errorf("%+q had the key %+q, want %+q", given, got, want)
		}
		email.Canonical = want
		if got := email.FormerKey(); want != "" && got != "" {
			t.Errorf("%+q with its former key had the key %+q, want none", given, got)
		}
	}
	if got := (address.Email{}).FormerKey(); got != "" {
		t.Errorf("no address had the key %q, want none", got)
	}
}

func TestDomainsThatAreTheSame(t *testing.T) {
	t.Parallel()
	want := parseEmail(t, "ada@café.example").Canonical
	for _, other := range []string{"ADA@CAFÉ.EXAMPLE", "ada@cafe\u0301.example", "ada@xn--caf-dma.example", "ada@ｃａｆé.example", "ada@café．example"} {
		if got := parseEmail(t, other).Canonical; got != want {
			t.Errorf("%+q has the key %q, want %q", other, got, want)
		}
	}
}

func FuzzParseEmail(f *testing.F) {
	for _, seed := range []string{
		"ada@example.org", " Ada@Example.org ", "ada@Bücher.example", "Ada <ada@example.org>", `"a@b"@c.de`,
		"ada@127.0.0.1", "ada\x00@example.org", "m\u0131ke@example.org", "ada@faß.example", "=?utf-8?q?x?=@a.b",
		"דוא@דוגמה.קום", "a@xn--bcher-kva.example", "a@b.\u0661", "\u0301@example.org", "a@1.2\u3002x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		email, err := address.ParseEmail(s)
		if err != nil {
			return
		}
		again, err := address.ParseEmail(email.Canonical)
		if err != nil || again.Canonical != email.Canonical {
			t.Errorf("the key %+q of %+q is not its own key: %+q, %v", email.Canonical, s, again.Canonical, err)
		}
		if again, err := address.ParseEmail(email.Address); err != nil || again != email {
			t.Errorf("the address of %+q is another: %+q, %v", s, again, err)
		}
		expectSendable(t, email)
	})
}

func parseEmail(t *testing.T, s string) address.Email {
	t.Helper()
	email, err := address.ParseEmail(s)
	if err != nil {
		t.Fatalf("%+q: %v", s, err)
	}
	return email
}

// expectSendable checks that those who send mail read the address and the key as they are.
func expectSendable(t *testing.T, email address.Email) {
	t.Helper()
	for _, address := range []string{email.Address, email.Canonical} {
		parsed, err := netmail.ParseAddress(address)
		if err != nil || parsed.Address != address || parsed.Name != "" {
			t.Errorf("net/mail reads %+q as %+v, %v", address, parsed, err)
		}
		if err := mail.NewMsg().To(address); err != nil {
			t.Errorf("go-mail refuses %+q: %v", address, err)
		}
	}
}
