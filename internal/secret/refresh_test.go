package secret_test

import (
	"bytes"
	"errors"
	"regexp"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestRefreshTokensOfAChainShareTheirFamilyAndNothingElse(t *testing.T) {
	t.Parallel()
	first := secret.NewRefreshToken()
	if !regexp.MustCompile(`^lk_ref_[0-9A-Za-z]{71}$`).MatchString(first.Reveal()) {
		t.Fatalf("it has another form, of %d characters", len(first))
	}
	next, err := secret.NextRefreshToken(first)
	if err != nil {
		t.Fatal(err)
	}
	familyOf := func(token secret.Text) []byte {
		family, err := secret.RefreshFamily(token)
		if err != nil {
			t.Fatal(err)
		}
		return family
	}
	if next == first || !bytes.Equal(familyOf(first), familyOf(next)) {
		t.Error("the next one is the same, or of another chain")
	}
	if bytes.Equal(familyOf(first), familyOf(secret.NewRefreshToken())) {
		t.Error("got one family of two chains, want two")
	}
}

func FuzzRefreshFamily(f *testing.F) {
	good := secret.NewRefreshToken().Reveal()
	for _, seed := range []string{good, good[:70], good + "0", "lk_ref_", "", "lk_ses_" + good[7:], "lk_ref_" + string(bytes.Repeat([]byte("z"), 71)), secret.NewToken(secret.SessionToken).Reveal()} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		family, err := secret.RefreshFamily(secret.Text(text))
		next, nextErr := secret.NextRefreshToken(secret.Text(text))
		if (err == nil) != (nextErr == nil) || err != nil && !errors.Is(err, secret.ErrTokenMalformed) {
			t.Fatalf("the errors are %v and %v", err, nextErr)
		}
		if err != nil {
			return
		}
		if again, err := secret.RefreshFamily(next); err != nil || !bytes.Equal(again, family) {
			t.Error("the next one is of another chain")
		}
	})
}
