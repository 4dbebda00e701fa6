package secret_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestMark(t *testing.T) {
	t.Parallel()
	key := secret.NewKey()
	marks := secret.NewMarkKey(key, "tests")
	seen := map[secret.Mark]string{}
	for _, parts := range [][]string{nil, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a", "", "b"}, {"1 a"}, {"a1 b"}, {"a", "b", ""}} {
		text := strings.Join(parts, "|")
		mark := marks.Mark(parts...)
		if other, ok := seen[mark]; ok {
			t.Errorf("%q and %q have one mark", text, other)
		}
		seen[mark] = text
		if secret.NewMarkKey(key, "tests").Mark(parts...) != mark {
			t.Errorf("%q has two marks", text)
		}
		if secret.NewMarkKey(key, "other tests").Mark(parts...) == mark || secret.NewMarkKey(secret.NewKey(), "tests").Mark(parts...) == mark {
			t.Errorf("another key makes the same mark of %q", text)
		}
	}

	t.Run("is 16 hexadecimal digits in short", func(t *testing.T) {
		if short := marks.Mark("ada").Short(); len(short) != 16 || strings.Trim(short, "0123456789abcdef") != "" {
			t.Errorf("it is %q", short)
		}
	})

	t.Run("is HMAC-SHA-256 of the parts with their lengths, so that it stays what it is", func(t *testing.T) {
		mac := hmac.New(sha256.New, key.Derive("tests"))
		mac.Write([]byte("5 login12 192.0.2.1/32"))
		if got := marks.Mark("login", "192.0.2.1/32"); string(got[:]) != string(mac.Sum(nil)[:16]) {
			t.Error("got other bytes than HMAC-SHA-256 gives, want those")
		}
	})
}
