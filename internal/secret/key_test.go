package secret_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestKeyIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	key := secret.NewKey()
	again, err := secret.ParseKey(key.Base64())
	if err != nil {
		t.Fatal(err)
	}
	if again != key {
		t.Error("got another key back, want the same")
	}
	if secret.NewKey() == key {
		t.Error("got the same key twice, want two")
	}
}

func TestParseKeyTakesEveryBase64(t *testing.T) {
	t.Parallel()
	raw := []byte(strings.Repeat("\xfb\xff\xfe\x01", 8)) // has both - and _, or + and /
	texts := map[string]string{
		"standard":          base64.StdEncoding.EncodeToString(raw),
		"standard, no =":    base64.RawStdEncoding.EncodeToString(raw),
		"URL":               base64.URLEncoding.EncodeToString(raw),
		"URL, no =":         base64.RawURLEncoding.EncodeToString(raw),
		"a line of a file":  base64.StdEncoding.EncodeToString(raw) + "\n",
		"with spaces about": "  " + base64.StdEncoding.EncodeToString(raw) + "\r\n",
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			key, err := secret.ParseKey(text)
			if err != nil {
				t.Fatal(err)
			}
			if key != secret.Key(raw) {
				t.Error("got another key back, want the same")
			}
		})
	}
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
	texts := map[string]string{
		"nothing":            "",
		"a byte too few":     base64.StdEncoding.EncodeToString(make([]byte, 31)),
		"a byte too many":    base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 33))),
		"zeros":              base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"hexadecimal":        strings.Repeat("0f", 32),
		"a passphrase":       "correct horse battery staple, and more",
		"a line end inside":  good[:20] + "\n" + good[20:],
		"bits left over":     good[:42] + "n=",
		"other characters":   good[:42] + "*=",
		"something too long": strings.Repeat(good, 1000),
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			_, err := secret.ParseKey(text)
			if err == nil {
				t.Fatal("got no error for a text that is no key, want one")
			}
			if !strings.Contains(err.Error(), "openssl rand -base64 32") {
				t.Error("the error does not say how to make a key")
			}
			if len(text) > 0 && strings.Contains(err.Error(), text) {
				t.Error("got an error that repeats what was given, want one that does not")
			}
		})
	}
}

func TestDerive(t *testing.T) {
	t.Parallel()
	var key secret.Key
	for i := range key {
		key[i] = byte(i + 1)
	}

	t.Run("is HKDF-SHA256", func(t *testing.T) {
		// Computed with the HMAC of another implementation (Python's hmac).
		const want = "a0d068ead16078d2b9f876f51e3ec1df66d860df133267e697860f0777151b0b"
		if hex.EncodeToString(key.Derive("short codes")) != want {
			t.Error("other bytes were derived")
		}
	})
	t.Run("gives each purpose and each key its own", func(t *testing.T) {
		if string(key.Derive("a")) == string(key.Derive("b")) {
			t.Error("got one key for two purposes, want two")
		}
		if string(key.Derive("a")) == string(secret.NewKey().Derive("a")) {
			t.Error("got one derived key of two keys, want two")
		}
	})
	t.Run("takes no zero key", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("a key was derived from no key")
			}
		}()
		secret.Key{}.Derive("a")
	})
}

func TestKeyDoesNotPrint(t *testing.T) {
	t.Parallel()
	key := secret.Key([]byte(value + strings.Repeat("\x00", 25)))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		expectHidden(t, fmt.Sprintf(verb, key))
		expectHidden(t, fmt.Sprintf(verb, struct{ Key secret.Key }{key}))
	}

	encoded, err := json.Marshal(map[string]any{"key": key})
	if err != nil {
		t.Fatal(err)
	}
	expectHidden(t, string(encoded))

	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "key", key)
	expectHidden(t, log.String())
	expectHidden(t, key.String()+key.GoString())
}
