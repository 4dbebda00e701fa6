package secret_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestWhatIsSealedOpensOnlyAsItWasSealed(t *testing.T) {
	t.Parallel()
	key, plain := secret.NewKey(), []byte("a private key")
	sealed := key.Seal("one thing", plain, "its id")
	if opened, err := key.Open("one thing", sealed, "its id"); err != nil || !bytes.Equal(opened, plain) {
		t.Fatalf("it does not open: %v", err)
	}
	if bytes.Contains(sealed, plain) || bytes.Equal(sealed, key.Seal("one thing", plain, "its id")) {
		t.Error("got a seal that can be read or repeats, want neither")
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"by another key":        func() ([]byte, error) { return secret.NewKey().Open("one thing", sealed, "its id") },
		"for another purpose":   func() ([]byte, error) { return key.Open("another thing", sealed, "its id") },
		"of another owner":      func() ([]byte, error) { return key.Open("one thing", sealed, "another id") },
		"after it was changed":  func() ([]byte, error) { return key.Open("one thing", flipped, "its id") },
		"after it was cut":      func() ([]byte, error) { return key.Open("one thing", sealed[:20], "its id") },
		"when there is nothing": func() ([]byte, error) { return key.Open("one thing", nil, "its id") },
	} {
		if opened, err := open(); !errors.Is(err, secret.ErrSealed) || opened != nil {
			t.Errorf("it opens %s", name)
		}
	}
}

func TestATokenSealsItsSuccessor(t *testing.T) {
	t.Parallel()
	token := secret.NewRefreshToken()
	next, err := secret.NextRefreshToken(token)
	if err != nil {
		t.Fatal(err)
	}
	sealed := token.Seal("successor", next)
	if opened, err := token.Open("successor", sealed); err != nil || opened != next {
		t.Fatalf("it does not open: %v", err)
	}
	for _, other := range []secret.Text{next, secret.Text(secret.Digest(token)), ""} {
		if _, err := other.Open("successor", sealed); !errors.Is(err, secret.ErrSealed) {
			t.Error("something else opens it")
		}
	}
	if _, err := token.Open("another", sealed); !errors.Is(err, secret.ErrSealed) {
		t.Error("got no ErrSealed for another purpose, want it")
	}
}
