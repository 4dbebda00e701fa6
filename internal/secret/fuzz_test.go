package secret_test

import (
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// FuzzReadCode: what is read as a code has its form, is read as itself again, and has no letter that was
// not typed.
func FuzzReadCode(f *testing.F) {
	for _, seed := range []string{"", "BCDF-GHJK", "bcdf ghjk", "b-c-d-f-g-h-j-k", "BCDF\u2014GHJK", "BCDFGHJ", "BCDFGHJKL", "AEIO-UYAE", "BCDF-GHJ\u212a", "BCDF\x00GHJK", "\xffBCDFGHJK", strings.Repeat(" ", 100) + "BCDFGHJK"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := secret.ReadCode(secret.Text(typed))
		if !ok {
			if code != "" {
				t.Error("something was read of what is no code")
			}
			return
		}
		text := code.Reveal()
		if len(text) != 9 || text[4] != '-' || strings.Trim(text, "-BCDFGHJKLMNPQRSTVWXZ") != "" {
			t.Fatal("got a text that has not the form of a code, want XXXX-XXXX")
		}
		if again, ok := secret.ReadCode(code); !ok || again != code {
			t.Error("got another code from reading it again, want the same")
		}
		for _, letter := range strings.ReplaceAll(text, "-", "") {
			if !strings.ContainsAny(typed, string(letter)+strings.ToLower(string(letter))) {
				t.Error("got a letter that was not typed, want only typed ones")
			}
		}
	})
}

// FuzzParseKey: a key is read of 32 bytes in base64 only, and an error repeats nothing of what was given.
func FuzzParseKey(f *testing.F) {
	for _, seed := range []string{"", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWZ=", "x", "\xff", strings.Repeat("A", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := secret.ParseKey(text)
		if err == nil && len(strings.Trim(strings.TrimSpace(text), "=")) != 43 {
			t.Error("a key was read that does not have 32 bytes")
		}
		if err != nil && len(text) > 12 && strings.Contains(err.Error(), text) {
			t.Error("got an error that repeats what was given, want one that does not")
		}
	})
}

// FuzzOpen: nothing that was not sealed is opened.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(secret.Text("one token").Seal("a purpose", "another"))
	f.Add(secret.Text("a token").Seal("another purpose", "another"))
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if opened, err := secret.Text("a token").Open("a purpose", sealed); err == nil || opened != "" {
			t.Error("got an opened token from forged bytes, want an error")
		}
	})
}
