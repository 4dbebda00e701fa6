package secret_test

import (
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Tokens of known bits, whose digits, checksums and digests were computed with another
// implementation (Python's integers, zlib and hashlib).
var knownTokens = []struct {
	name   string
	bits   func(i int) byte
	token  secret.Text
	digest string
}{
	{
		"all bits zero", func(int) byte { return 0 },
		"lk_ses_00000000000000000000000000000000000000000000kSOQ6",
		"a569b9f6130afb0fcf54e0701509aa78ecf7e515a6b69987835c2eabdbb78d9f",
	},
	{
		"bytes counting up", func(i int) byte { return byte(i) },
		"lk_ses_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf06fn9e",
		"2ece6860cb9146753845481810b28535a9ba331a15b13f4c0422c75b7da2364c",
	},
	{
		"all bits one", func(int) byte { return 0xff },
		"lk_ses_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp12PBolW",
		"29285f6d6b28e49646982c33115ffe973757e7916d377a5e42f79700c4fc61ed",
	},
}

func TestKnownTokens(t *testing.T) {
	t.Parallel()
	for _, known := range knownTokens {
		t.Run(known.name, func(t *testing.T) {
			var bits [32]byte
			for i := range bits {
				bits[i] = known.bits(i)
			}
			if secret.FormatToken(secret.SessionToken, bits) != known.token {
				t.Error("got another text of the token, want the known one")
			}
			if err := secret.CheckToken(secret.SessionToken, known.token); err != nil {
				t.Error(err)
			}
			if hex.EncodeToString(secret.Digest(known.token)) != known.digest {
				t.Error("got another digest, want the known one")
			}
		})
	}
}

func TestNewToken(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^lk_cnf_[0-9A-Za-z]{49}$`)
	seen := map[secret.Text]bool{}
	for range 1000 {
		token := secret.NewToken(secret.ConfirmToken)
		if !form.MatchString(token.Reveal()) {
			t.Fatal("the token has another form")
		}
		if err := secret.CheckToken(secret.ConfirmToken, token); err != nil {
			t.Fatal(err)
		}
		if seen[token] {
			t.Fatal("the same token came twice")
		}
		seen[token] = true
	}
}

func TestCheckTokenRefuses(t *testing.T) {
	t.Parallel()
	good := knownTokens[1].token.Reveal()
	cases := map[string]string{
		"nothing":                        "",
		"the prefix alone":               "lk_ses_",
		"another kind":                   strings.Replace(good, "ses", "rst", 1),
		"another program's token":        strings.Replace(good, "lk_", "gh_", 1),
		"a prefix in capitals":           strings.Replace(good, "lk_", "LK_", 1),
		"a digit too few":                good[:len(good)-1],
		"a digit too many":               good + "0",
		"a space before":                 " " + good,
		"a line end after":               good + "\n",
		"a NUL after":                    good + "\x00",
		"no digit of base 62":            good[:20] + "-" + good[21:],
		"a letter that is not ASCII":     good[:20] + "é" + good[22:],
		"invalid UTF-8":                  good[:20] + "\xff" + good[21:],
		"a wrong body":                   good[:20] + "0" + good[21:],
		"a wrong checksum":               good[:len(good)-1] + "0",
		"two digits swapped":             good[:10] + good[11:12] + good[10:11] + good[12:],
		"2^256 with a good checksum":     "lk_ses_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp20U08GO",
		"a checksum over 32 bits":        good[:len(good)-6] + "zzzzzz",
		"a megabyte":                     "lk_ses_" + strings.Repeat("0", 1<<20),
		"a token of another kind's form": "eyJhbGciOiJFZERTQSJ9.e30.c2ln",
	}
	for name, token := range cases {
		t.Run(name, func(t *testing.T) {
			if err := secret.CheckToken(secret.SessionToken, secret.Text(token)); !errors.Is(err, secret.ErrTokenMalformed) {
				t.Errorf("got %v, want ErrTokenMalformed", err)
			}
		})
	}

	t.Run("any token with one digit changed", func(t *testing.T) {
		for i := range good {
			for _, digit := range "05Az" {
				changed := good[:i] + string(digit) + good[i+1:]
				if changed != good && secret.CheckToken(secret.SessionToken, secret.Text(changed)) == nil {
					t.Fatalf("a change of digit %d went unnoticed", i)
				}
			}
		}
	})
}

func FuzzCheckToken(f *testing.F) {
	for _, known := range knownTokens {
		f.Add(known.token.Reveal())
	}
	f.Add("")
	f.Add("lk_ses_")
	f.Add("lk_ses_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp20U08GO")
	f.Add("lk_ses_" + strings.Repeat("z", 49))

	f.Fuzz(func(t *testing.T, token string) {
		// What is accepted is the one text of its bits.
		bits, ok := secret.TokenBits(secret.SessionToken, secret.Text(token))
		accepted := secret.CheckToken(secret.SessionToken, secret.Text(token)) == nil
		if accepted && (!ok || secret.FormatToken(secret.SessionToken, bits).Reveal() != token) {
			t.Error("a token was accepted that is not the one text of its bits")
		}
	})
}
