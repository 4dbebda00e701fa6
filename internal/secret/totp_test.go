package secret_test

import (
	"encoding/base32"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// rfcKey is the key of the test vectors of RFC 6238, appendix B, for SHA-1.
const rfcKey = "12345678901234567890"

var rfcSecret = secret.Text(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(rfcKey)))

func TestTOTPHasTheCodesOfRFC6238(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		step := secret.TOTPStep(time.Unix(at, 0))
		if got := secret.HOTP([]byte(rfcKey), step, 8).Reveal(); got != want {
			t.Errorf("at %d: got %s, want %s", at, got, want)
		}
		code, err := secret.TOTPCode(rfcSecret, step)
		if err != nil || code.Reveal() != want[2:] {
			t.Errorf("at %d: got %s (%v), want %s", at, code.Reveal(), err, want[2:])
		}
		if matched, ok := secret.MatchTOTP(rfcSecret, code, time.Unix(at, 0)); !ok || matched != step {
			t.Errorf("at %d: got the step %d, %t; want %d", at, matched, ok, step)
		}
	}
}

func TestMatchTOTPSaysWhichStep(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_010, 0)
	step := secret.TOTPStep(now)
	for off, want := range map[int64]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
		code, err := secret.TOTPCode(rfcSecret, step+off)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := secret.MatchTOTP(rfcSecret, code, now)
		if ok != want || ok && got != step+off {
			t.Errorf("%d steps off: got %d, %t; want %d, %t", off, got-step, ok, off, want)
		}
	}
}

func TestMatchTOTPReadsWhatPeopleType(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_111_111_109, 0) // 081804
	for typed, want := range map[secret.Text]bool{
		"081804": true, " 081 804 ": true, "081-804": true, "081\u00a0804\n": true,
		"": false, "81804": false, "0818040": false, "08180a": false, "081805": false, "\u0660\u0668\u0661\u0668\u0660\u0664": false,
		secret.Text("081804" + strings.Repeat(" ", 100)): false,
	} {
		if _, got := secret.MatchTOTP(rfcSecret, typed, now); got != want {
			t.Errorf("%q: got %t, want %t", typed.Reveal(), got, want)
		}
	}
	for _, broken := range []secret.Text{"", "1", "not base32!"} {
		if _, ok := secret.MatchTOTP(broken, "081804", now); ok {
			t.Errorf("%q: got a match, want none", broken.Reveal())
		}
		if _, err := secret.TOTPCode(broken, 1); !errors.Is(err, secret.ErrTOTPSecret) {
			t.Errorf("%q: got %v, want %v", broken.Reveal(), err, secret.ErrTOTPSecret)
		}
	}
}

func TestNewTOTPSecret(t *testing.T) {
	t.Parallel()
	seen := map[secret.Text]bool{}
	for range 100 {
		made := secret.NewTOTPSecret()
		key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(made.Reveal())
		if err != nil || len(key) != 20 || seen[made] {
			t.Fatalf("got %d bytes (%v), want 20 that no other has", len(key), err)
		}
		seen[made] = true
	}
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	seen := map[secret.Text]bool{}
	for range 100 {
		code := secret.NewRecoveryCode()
		if text := code.Reveal(); len(text) != 19 || strings.Count(text, "-") != 3 || seen[code] {
			t.Fatalf("got %d characters, want 16 in four groups that no other has", len(text))
		}
		seen[code] = true
		plain := strings.ReplaceAll(code.Reveal(), "-", "")
		for _, typed := range []string{code.Reveal(), plain, strings.ToUpper(plain), " " + plain[:8] + " – " + plain[8:] + "\n", strings.NewReplacer("o", "0", "i", "1", "b", "8").Replace(plain)} {
			if read, ok := secret.ReadRecoveryCode(secret.Text(typed)); !ok || read != code {
				t.Error("a code is not read as it was made")
			}
		}
	}
	for _, typed := range []secret.Text{"", "aaaa-aaaa-aaaa-aaa", "aaaa-aaaa-aaaa-aaaaa", "aaaa-aaaa-aaaa-aaa9", "aaaa-aaaa-aaaa-aaa=", secret.Text(strings.Repeat("-", 60) + "aaaaaaaaaaaaaaaa")} {
		if _, ok := secret.ReadRecoveryCode(typed); ok {
			t.Errorf("%q: got a code, want none", typed.Reveal())
		}
	}
}

func TestRecoveryCodesHaveAKeyOfTheirOwn(t *testing.T) {
	t.Parallel()
	key, code := secret.NewKey(), secret.NewRecoveryCode()
	digest := secret.NewRecoveryKey(key).Digest(code, "ada")
	for name, other := range map[string][]byte{
		"another user":     secret.NewRecoveryKey(key).Digest(code, "eve"),
		"another key":      secret.NewRecoveryKey(secret.NewKey()).Digest(code, "ada"),
		"the key of codes": secret.NewCodeKey(key).Digest(code, "ada"),
	} {
		if string(other) == string(digest) {
			t.Errorf("%s: got the same digest, want another one", name)
		}
	}
}

func TestTOTPURI(t *testing.T) {
	t.Parallel()
	got := secret.TOTPURI("JBSWY3DP", "Ada & Söhne: Tools", "a+b?c@x.example").Reveal()
	want := "otpauth://totp/Ada%20%26%20S%C3%B6hne%20%20Tools:a%2Bb%3Fc%40x.example?secret=JBSWY3DP&issuer=Ada%20%26%20S%C3%B6hne%20%20Tools&algorithm=SHA1&digits=6&period=30"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
