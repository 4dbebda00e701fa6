package password

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, given string
		want        Fault // empty: accepted
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

		{"nothing", "", Missing},
		{"a NUL", "gxkwvbtq\x00", NotText},
		{"invalid UTF-8", "gxkwvbtq\xff", NotText},
		{"seven characters", "k7#pQz!", TooShort},
		{"seven characters of four bytes", "🐎🔋🖇🎉🌍🚲🎈", TooShort},
		{"eight that are four in NFC", strings.Repeat("e\u0301", 4), TooShort},
		{"257 characters", strings.Repeat("gxkwvbt ", 32) + "q", TooLong},
		{"two megabytes", strings.Repeat("e\u0301", 1<<20), TooLong},

		{"on the list", "trustno1", TooCommon},
		{"on the list, in capitals", "PassWord1", TooCommon},
		{"on the list, with spaces around", " password1  ", TooCommon},
		{"on the list, with exclamation marks", "Football!!", TooCommon},
		{"on the list, with a year", "Sunshine2024", TooCommon},
		{"on the list, twice", "trustno1trustno1", TooCommon},
		{"a season and a year", "Summer2024!", TooCommon},
		{"a month and a year", "october-1999", TooCommon},
		{"spaces alone", "          ", TooCommon},
		{"one character", "ßßßßßßßßß", TooCommon},
		{"three characters over and over", "x7!x7!x7!", TooCommon},
		{"counting up", "23456789", TooCommon},
		{"counting on after 9", "7890123456", TooCommon},
		{"counting down", "98765432", TooCommon},
		{"the alphabet", "efghijklmnop", TooCommon},
		{"the Greek alphabet backwards", "θηζεδγβα", TooCommon},
		{"a row of keys", "sdfghjkl", TooCommon},
		{"a row of keys backwards", "poiuztrewq", TooCommon},
		{"a row of keys twice", "QwertyQwerty", TooCommon},
		{"a row of keys and a year", "azerty2001", TooCommon},
		{"a row of Russian keys", "йцукенгш", TooCommon},
		{"columns of keys", "1qaz2wsx3edc", TooCommon},
		{"a day, day first", "31121987", TooCommon},
		{"a day, month first", "12311987", TooCommon},
		{"a day, year first", "20011231", TooCommon},
		{"eight digits that are no day", "39471856", ""},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			password, faults := Choose(MinLength, secret.Text(test.given))
			got := faults
			if test.want == "" {
				if len(got) > 0 || password.Reveal() != norm.NFC.String(test.given) {
					t.Errorf("got %v, or a password that is not the one given", got)
				}
				return
			}
			if !slices.Equal(got, []Fault{test.want}) || password != "" {
				t.Errorf("got %v, want %v and no password", got, test.want)
			}
		})
	}
}

func TestPasswordsAreTheSameInEveryNormalForm(t *testing.T) {
	t.Parallel()
	const composed, parts = "caf\u00e9-gxkwv", "cafe\u0301-gxkwv"
	accepted, faults := Choose(MinLength, parts)
	if faults != nil || accepted != composed {
		t.Error("a new password is not put into NFC")
	}
	presented, fault := Normalize(parts)
	if fault != "" || presented != composed {
		t.Error("a presented password is not put into NFC")
	}
}

func TestPasswordsAreTheSameWithEverySpace(t *testing.T) {
	t.Parallel()
	const plain = "gxkw vbtq zzyp"
	for _, space := range "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000" {
		typed := secret.Text("gxkw" + string(space) + "vbtq zzyp")
		accepted, faults := Choose(MinLength, typed)
		if faults != nil || accepted != plain {
			t.Errorf("%U: a new password gives %v, or it is not that with the ASCII space", space, faults)
		}
		presented, fault := Normalize(typed)
		if fault != "" || presented != plain {
			t.Errorf("%U: a presented password gives %q, or it is not that with the ASCII space", space, fault)
		}
		if got, want := Former(typed), secret.Text(norm.NFC.String(string(typed))); got != want {
			t.Errorf("%U: the former form is %+q, want %+q", space, got.Reveal(), want.Reveal())
		}
	}
	for _, typed := range []secret.Text{plain, "cafe\u0301 gxkw", "gxkw\tvbtq\n", "gxkw\u200bvbtq", "gxkw\u2028vbtq"} {
		if got := Former(typed); got != "" {
			t.Errorf("%+q has the former form %+q, want none: it is the same", typed.Reveal(), got.Reveal())
		}
	}
	if _, faults := Choose(MinLength, "password1\u00a0"); !slices.Equal(faults, []Fault{TooCommon}) {
		t.Errorf("a common password and a no-break space give %v, want %v", faults, TooCommon)
	}
	if _, faults := Choose(MinLength, "e\u0301e\u0301e\u0301\u3000z7q"); !slices.Equal(faults, []Fault{TooShort}) {
		t.Errorf("seven characters, of which one is a wide space, give %v, want %v", faults, TooShort)
	}
}

// The library refuses what accounts have, control characters say, so it is asked only what becomes of the rest.
func TestPasswordsAreThoseOfTheOpaqueStringProfile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.StringOfN(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune(" a\u00e9\u0301\u00a0\u2000\u3000\u212a\uff41"))), 1, 40, -1).Draw(t, "typed")
		got, fault := Normalize(secret.Text(typed))
		if fault != "" {
			return
		}
		if again, fault := Normalize(got); fault != "" || again != got {
			t.Errorf("%+q is no longer the same when it is typed in its own form: %+q, %q", typed, again.Reveal(), fault)
		}
		if want, err := precis.OpaqueString.String(typed); err == nil && got.Reveal() != want {
			t.Errorf("%+q is %+q, want %+q", typed, got.Reveal(), want)
		}
	})
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, given string
		want        Fault
	}{
		{"a short one may be somebody's from before the rules", "x", ""},
		{"so may a common one", "password", ""},
		{"nothing is nobody's", "", Missing},
		{"257 characters are nobody's", strings.Repeat("x", 257), TooLong},
		{"256 may be", strings.Repeat("x", 256), ""},
		{"two megabytes are nobody's", strings.Repeat("x", 2<<20), TooLong},
		{"two megabytes are not even read", strings.Repeat("\xff", 2<<20), TooLong},
		{"a NUL is nobody's", "x\x00", NotText},
		{"invalid UTF-8 is nobody's", "x\xc3", NotText},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			password, fault := Normalize(secret.Text(test.given))
			if fault != test.want {
				t.Errorf("got %q, want %q", fault, test.want)
			}
			if (password == "") != (fault != "") {
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
			_, faults := Choose(MinLength, secret.Text(test.given), email, name)
			var want []Fault
			if test.similar {
				want = []Fault{TooSimilar}
			}
			if got := faults; !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}

	t.Run("a name in another normal form", func(t *testing.T) {
		_, faults := Choose(MinLength, "rene\u0301e-7q", "", "Ren\u00e9e")
		if got := faults; !slices.Equal(got, []Fault{TooSimilar}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("common and similar are two problems", func(t *testing.T) {
		_, faults := Choose(MinLength, "superman", "superman@example.org")
		if got := faults; !slices.Equal(got, []Fault{TooCommon, TooSimilar}) {
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
		if utf8.RuneCountInString(line) < MinLength || line != strings.ToLower(strings.TrimSpace(norm.NFC.String(line))) {
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
			t.Error("got one of the most common passwords unlisted, want it listed")
		}
	}
	for _, other := range []string{"", "\n", "a", "\x00", "\U0010ffff", "password\npassword1", "correct horse battery"} {
		if listed(other) {
			t.Error("got a password listed that is not, want it unlisted")
		}
	}
}

func FuzzChoose(f *testing.F) {
	for _, seed := range []string{"", "password2024!", "e\u0301\u0301", "\xff", "İİİİİİİİ", "ada@", "1234567890"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, given, about string) {
		password, faults := Choose(MinLength, secret.Text(given), about)
		if (password == "") != (faults != nil) {
			t.Error("a password comes with a problem, or without both")
		}
		if faults != nil {
			return
		}
		// Whoever sets a password can log in with it, typed in any normal form.
		for _, typed := range []string{given, norm.NFD.String(given), password.Reveal()} {
			if len(typed) > maxRawLength {
				continue
			}
			if again, fault := Normalize(secret.Text(typed)); fault != "" || again != password {
				t.Error("a password that was accepted is another when it is presented")
			}
		}
	})
}

func BenchmarkChoose(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, faults := Choose(MinLength, "correct horse battery", "ada.lovelace@example.org", "Ada Lovelace"); faults != nil {
			b.Fatal(faults)
		}
	}
}
