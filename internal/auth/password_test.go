package auth

// In the package, because what it tests is: nobody outside can skip the rules for a password.

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// codes returns the codes of problems, and checks that each is about the field and says something.
func codes(t *testing.T, problems Problems) []ProblemCode {
	t.Helper()
	var all []ProblemCode
	for _, p := range problems {
		all = append(all, p.Code)
		if !slices.Equal(p.Path, []string{"input", "newPassword"}) || p.Message == "" {
			t.Errorf("a problem of %v says %q", p.Path, p.Message)
		}
	}
	return all
}

func TestAcceptPassword(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, given string
		want        ProblemCode // empty: accepted
	}{
		{"three words", "correct horse battery", ""},
		{"eight characters", "k7#pQz!m", ""},
		{"letters alone", "gxkwvbtq", ""},
		{"spaces around count and stay", " gxkwvb ", ""},
		{"any script", "лошадь-батарея", ""},
		{"emoji", "🐎🔋🖇🎉🌍🚲🎈🧦", ""},
		{"control characters", "\x01\x02gxkwv\x7f\n\t", ""},
		{"256 characters of four bytes", strings.Repeat("🐎🔋🖇🎉🌍🚲🎈🧦🪁🎻🍋🌵🐙🧭🛶🎏", 16)[4:] + "z", ""},
		{"a word and a year before it", "1984gxkw", ""},
		{"a rare word and a year", "gxkw1984", ""},

		{"nothing", "", Required},
		{"a NUL", "gxkwvbtq\x00", Required},
		{"invalid UTF-8", "gxkwvbtq\xff", Required},
		{"seven characters", "k7#pQz!", PasswordTooShort},
		{"seven characters of four bytes", "🐎🔋🖇🎉🌍🚲🎈", PasswordTooShort},
		{"eight that are four in NFC", strings.Repeat("e\u0301", 4), PasswordTooShort},
		{"257 characters", strings.Repeat("gxkwvbt ", 32) + "q", PasswordTooLong},
		{"two megabytes", strings.Repeat("e\u0301", 1<<20), PasswordTooLong},

		{"on the list", "trustno1", PasswordTooCommon},
		{"on the list, in capitals", "PassWord1", PasswordTooCommon},
		{"on the list, with spaces around", " password1  ", PasswordTooCommon},
		{"on the list, with exclamation marks", "Football!!", PasswordTooCommon},
		{"on the list, with a year", "Sunshine2024", PasswordTooCommon},
		{"on the list, twice", "trustno1trustno1", PasswordTooCommon},
		{"a season and a year", "Summer2024!", PasswordTooCommon},
		{"a month and a year", "october-1999", PasswordTooCommon},
		{"spaces alone", "          ", PasswordTooCommon},
		{"one character", "ßßßßßßßßß", PasswordTooCommon},
		{"three characters over and over", "x7!x7!x7!", PasswordTooCommon},
		{"counting up", "23456789", PasswordTooCommon},
		{"counting on after 9", "7890123456", PasswordTooCommon},
		{"counting down", "98765432", PasswordTooCommon},
		{"the alphabet", "efghijklmnop", PasswordTooCommon},
		{"the Greek alphabet backwards", "θηζεδγβα", PasswordTooCommon},
		{"a row of keys", "sdfghjkl", PasswordTooCommon},
		{"a row of keys backwards", "poiuztrewq", PasswordTooCommon},
		{"a row of keys twice", "QwertyQwerty", PasswordTooCommon},
		{"a row of keys and a year", "azerty2001", PasswordTooCommon},
		{"a row of Russian keys", "йцукенгш", PasswordTooCommon},
		{"columns of keys", "1qaz2wsx3edc", PasswordTooCommon},
		{"a day, day first", "31121987", PasswordTooCommon},
		{"a day, month first", "12311987", PasswordTooCommon},
		{"a day, year first", "20011231", PasswordTooCommon},
		{"eight digits that are no day", "39471856", ""},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			password, problems := acceptPassword(PasswordMinLength, secret.Text(test.given), "newPassword")
			got := codes(t, problems)
			if test.want == "" {
				if len(got) > 0 || password.Reveal() != norm.NFC.String(test.given) {
					t.Errorf("got %v, or a password that is not the one given", got)
				}
				return
			}
			if !slices.Equal(got, []ProblemCode{test.want}) || password != "" {
				t.Errorf("got %v, want %v and no password", got, test.want)
			}
		})
	}
}

func TestPasswordsAreTheSameInEveryNormalForm(t *testing.T) {
	t.Parallel()
	const composed, parts = "caf\u00e9-gxkwv", "cafe\u0301-gxkwv"
	accepted, problems := acceptPassword(PasswordMinLength, parts, "newPassword")
	if problems != nil || accepted != composed {
		t.Error("a new password is not put into NFC")
	}
	presented, problems := presentedPassword(parts, "newPassword")
	if problems != nil || presented != composed {
		t.Error("a presented password is not put into NFC")
	}
}

func TestPresentedPassword(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, given string
		want        []ProblemCode
	}{
		{"a short one may be somebody's from before the rules", "x", nil},
		{"so may a common one", "password", nil},
		{"nothing is nobody's", "", []ProblemCode{Required}},
		{"257 characters are nobody's", strings.Repeat("x", 257), []ProblemCode{PasswordTooLong}},
		{"256 may be", strings.Repeat("x", 256), nil},
		{"two megabytes are nobody's", strings.Repeat("x", 2<<20), []ProblemCode{PasswordTooLong}},
		{"two megabytes are not even read", strings.Repeat("\xff", 2<<20), []ProblemCode{PasswordTooLong}},
		{"a NUL is nobody's", "x\x00", []ProblemCode{Required}},
		{"invalid UTF-8 is nobody's", "x\xc3", []ProblemCode{Required}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			password, problems := presentedPassword(secret.Text(test.given), "newPassword")
			if got := codes(t, problems); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if (password == "") != (problems != nil) {
				t.Error("a password comes with a problem, or without both")
			}
		})
	}
}

func TestSimilarPasswords(t *testing.T) {
	t.Parallel()
	const email, name = "Ada.Lovelace@Analytical-Engine.example", "Augusta Ada King"
	cases := []struct {
		name, given string
		similar     bool
	}{
		{"less than half", "adalovelace-loves-maths", false},
		{"a part and a digit", "lovelace1", true},
		{"a part in capitals", "LOVELACE-x", true},
		{"a part backwards", "ecalevol42", true},
		{"exactly half", "lovelace12345x7z", true},
		{"one short of half", "lovelace12345x7zq", false},
		{"before the @", "ada.lovelace", true},
		{"before the @, without the dot", "xadalovelacex", true},
		{"the whole address", "ada.lovelace@analytical-engine.example", true},
		{"the domain", "analytical!", true},
		{"a piece of a part", "nalytical", true},
		{"a piece of a part backwards", "lacitylan", true},
		{"the name", "Augusta Ada King", true},
		{"the name without spaces", "augustaadaking", true},
		{"a word of the name", "augusta7", true},
		{"a word of three letters", "ada-gxkw", false},
		{"nothing of it", "correct horse battery", false},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			_, problems := acceptPassword(PasswordMinLength, secret.Text(test.given), "newPassword", email, name)
			var want []ProblemCode
			if test.similar {
				want = []ProblemCode{PasswordTooSimilar}
			}
			if got := codes(t, problems); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}

	t.Run("a name in another normal form", func(t *testing.T) {
		_, problems := acceptPassword(PasswordMinLength, "rene\u0301e-7q", "newPassword", "", "Ren\u00e9e")
		if got := codes(t, problems); !slices.Equal(got, []ProblemCode{PasswordTooSimilar}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("common and similar are two problems", func(t *testing.T) {
		_, problems := acceptPassword(PasswordMinLength, "superman", "newPassword", "superman@example.org")
		if got := codes(t, problems); !slices.Equal(got, []ProblemCode{PasswordTooCommon, PasswordTooSimilar}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a name of two megabytes costs nothing", func(t *testing.T) {
		if parts := similarParts([]string{strings.Repeat("name ", 400_000)}); len(parts) > 1000 {
			t.Errorf("it has %d parts", len(parts))
		}
	})
}

func TestCommonPasswordsList(t *testing.T) {
	t.Parallel()
	if !strings.HasSuffix(commonPasswords, "\n") {
		t.Fatal("the last line has no end")
	}
	lines := strings.Split(strings.TrimSuffix(commonPasswords, "\n"), "\n")
	if len(lines) < 10_000 {
		t.Errorf("%d passwords, want at least 10,000", len(lines))
	}

	for i, line := range lines {
		if i > 0 && lines[i-1] >= line {
			t.Fatalf("line %d is not after the one before it", i+1)
		}
		if utf8.RuneCountInString(line) < PasswordMinLength || line != strings.ToLower(strings.TrimSpace(norm.NFC.String(line))) {
			t.Fatalf("line %d is too short or not as it is compared", i+1)
		}
		if !listed(line) {
			t.Fatalf("line %d is not found", i+1)
		}
		if listed(line + "\x00") {
			t.Fatalf("what comes after line %d is found", i+1)
		}
	}
	for _, famous := range []string{"password", "12345678", "qwertyuiop", "iloveyou", "trustno1", "p@ssw0rd", "1q2w3e4r"} {
		if !listed(famous) {
			t.Error("one of the most common passwords is missing")
		}
	}
	for _, other := range []string{"", "\n", "a", "\x00", "\U0010ffff", "password\npassword1", "correct horse battery"} {
		if listed(other) {
			t.Error("something is found that is not there")
		}
	}
}

func FuzzAcceptPassword(f *testing.F) {
	for _, seed := range []string{"", "password2024!", "e\u0301\u0301", "\xff", "İİİİİİİİ", "ada@", "1234567890"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, given, about string) {
		password, problems := acceptPassword(PasswordMinLength, secret.Text(given), "newPassword", about)
		if (password == "") != (problems != nil) {
			t.Error("a password comes with a problem, or without both")
		}
		if problems != nil {
			return
		}
		// Whoever sets a password can log in with it, typed in any normal form.
		for _, typed := range []string{given, norm.NFD.String(given), password.Reveal()} {
			if len(typed) > passwordMaxRaw {
				continue
			}
			if again, problems := presentedPassword(secret.Text(typed), "newPassword"); problems != nil || again != password {
				t.Error("a password that was accepted is another when it is presented")
			}
		}
	})
}

func BenchmarkAcceptPassword(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := acceptPassword(PasswordMinLength, "correct horse battery", "password", "ada.lovelace@example.org", "Ada Lovelace"); problems != nil {
			b.Fatal(problems)
		}
	}
}
