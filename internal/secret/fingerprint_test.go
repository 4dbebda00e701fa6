package secret_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestFingerprint(t *testing.T) {
	t.Parallel()
	key := secret.NewKey()
	fingerprints := secret.NewFingerprintKey(key, "tests")
	seen := map[secret.Fingerprint]string{}
	for _, parts := range [][]string{nil, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a", "", "b"}, {"1 a"}, {"a1 b"}, {"a", "b", ""}} {
		text := strings.Join(parts, "|")
		fingerprint := fingerprints.Fingerprint(parts...)
		if other, ok := seen[fingerprint]; ok {
			t.Errorf("%q and %q have one fingerprint", text, other)
		}
		seen[fingerprint] = text
		if secret.NewFingerprintKey(key, "tests").Fingerprint(parts...) != fingerprint {
			t.Errorf("%q has two fingerprints", text)
		}
		if secret.NewFingerprintKey(key, "other tests").Fingerprint(parts...) == fingerprint || secret.NewFingerprintKey(secret.NewKey(), "tests").Fingerprint(parts...) == fingerprint {
			t.Errorf("another key makes the same fingerprint of %q", text)
		}
	}

	t.Run("is 16 hexadecimal digits in short", func(t *testing.T) {
		if short := fingerprints.Fingerprint("ada").Short(); len(short) != 16 || strings.Trim(short, "0123456789abcdef") != "" {
			t.Errorf("it is %q", short)
		}
	})

	t.Run("is HMAC-SHA-256 of the parts with their lengths, so that it stays what it is", func(t *testing.T) {
		mac := hmac.New(sha256.New, key.Derive("tests"))
		mac.Write([]byte("5 login12 192.0.2.1/32"))
		if got := fingerprints.Fingerprint("login", "192.0.2.1/32"); string(got[:]) != string(mac.Sum(nil)[:16]) {
			t.Error("got other bytes than HMAC-SHA-256 gives, want those")
		}
	})
}
