package secret_test

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestNewCode(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$`)
	const codes = 5000
	seen, letters := map[secret.Text]bool{}, map[rune]int{}
	for range codes {
		code := secret.NewCode()
		if !form.MatchString(code.Reveal()) {
			t.Fatal("a code has another form")
		}
		if seen[code] {
			t.Error("a code came twice among 25,600,000,000")
		}
		seen[code] = true
		if again, ok := secret.ReadCode(code); !ok || again != code {
			t.Error("a code is not read as it was written")
		}
		for _, letter := range code.Reveal() {
			letters[letter]++
		}
	}
	delete(letters, '-')
	for letter, times := range letters { // 2000 each, with a deviation of 44
		if times < 1700 || times > 2300 {
			t.Errorf("of 40000 letters, %d are %c", times, letter)
		}
	}
	if len(letters) != 20 {
		t.Errorf("there are %d letters, want 20", len(letters))
	}
}

// TestLettersOfCodesAreUniform is a chi-square test with 19 degrees of freedom: uniform letters exceed 100 once in
// 10^12 times. Were 256 values of a byte shared among 20 letters without a rest, it would be 780.
func TestLettersOfCodesAreUniform(t *testing.T) {
	const codes, letters, bound = 100_000, 20, 100
	times := map[rune]float64{}
	for range codes {
		for _, letter := range secret.NewCode().Reveal() {
			times[letter]++
		}
	}
	delete(times, '-')
	const want = 8.0 * codes / letters
	sum := 0.0
	for _, n := range times {
		sum += (n - want) * (n - want) / want
	}
	if len(times) != letters || sum > bound {
		t.Errorf("got %d letters with a chi-square of %.0f, want %d with at most %d", len(times), sum, letters, bound)
	}
}

func TestReadCode(t *testing.T) {
	t.Parallel()
	const code = "BCDF-WXZZ"
	for _, typed := range []secret.Text{
		code, "bcdf-wxzz", "BCDFWXZZ", "bcdf wxzz", " BCDF - WXZZ\n", "b c d f w x z z", "BcDf\u2011wXzZ", "BCDF\u2013WXZZ",
		"BCDF\u00a0WXZZ", "-BCDFWXZZ-", "\tBCDF\r\nWXZZ",
	} {
		if got, ok := secret.ReadCode(typed); !ok || got != code {
			t.Errorf("%q is not read", typed.Reveal())
		}
	}
	for _, typed := range []secret.Text{
		"", "-", "BCDF-WXZ", "BCDF-WXZZZ", "ACDF-WXZZ", "BCDF-WXZ1", "12345678", "BCDF_WXZZ", "BCDF.WXZZ", "BCDF-WXZ\x00",
		"BCDF-WXZ\xff", "BCDF-WX\u017f", "ＢCDF-WXZZ", "YYYY-YYYY", secret.Text(strings.Repeat(" ", 60) + code),
		secret.Text(strings.Repeat(code, 1<<16)),
	} {
		if got, ok := secret.ReadCode(typed); ok || got != "" {
			t.Errorf("%.20q is read", typed.Reveal())
		}
	}
}

func TestCodeKey(t *testing.T) {
	t.Parallel()
	var server secret.Key
	for i := range server {
		server[i] = byte(i + 1)
	}
	const code = "BCDF-WXZZ"
	key := secret.NewCodeKey(server)

	t.Run("gives the HMAC-SHA-256 under a derived key", func(t *testing.T) {
		// Computed with another implementation (Python's hmac and struct).
		const want = "6f7d1728e9e84125fb014d1c0cb8b5cc94f667aed08ae8ce9fe5586733b1e72f"
		if hex.EncodeToString(key.Digest(code, "login", "7")) != want {
			t.Error("got another digest, want the known one")
		}
	})

	t.Run("finds a code and what it is bound to, and nothing else", func(t *testing.T) {
		digest := key.Digest(code, "login", "7")
		if !key.Match(digest, code, "login", "7") {
			t.Error("got no match of the code, want one")
		}
		others := map[string]bool{
			"another code":         key.Match(digest, "BCDF-WXZB", "login", "7"),
			"another purpose":      key.Match(digest, code, "reauthenticate", "7"),
			"another order":        key.Match(digest, code, "7", "login"),
			"less":                 key.Match(digest, code, "login"),
			"another division":     key.Match(digest, code, "login7", ""),
			"no digest":            key.Match(nil, code, "login", "7"),
			"an empty digest":      key.Match([]byte{}, code, "login", "7"),
			"half a digest":        key.Match(digest[:16], code, "login", "7"),
			"another server's key": secret.NewCodeKey(secret.NewKey()).Match(digest, code, "login", "7"),
		}
		for what, matches := range others {
			if matches {
				t.Errorf("%s matches", what)
			}
		}
	})

	t.Run("does not print", func(t *testing.T) {
		key := secret.NewCodeKey(secret.NewKey())
		key.Key = secret.Key([]byte(value + strings.Repeat("\x00", 25)))
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			expectHidden(t, fmt.Sprintf(verb, key))
			expectHidden(t, fmt.Sprintf(verb, *key))
		}
	})
}
