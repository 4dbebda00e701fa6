package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// TestComposeDecidesWhoGetsACode: a code to log in goes to whomever a reset would go, and one to step
// up to users who have nothing else to prove.
func TestComposeDecidesWhoGetsACode(t *testing.T) {
	t.Parallel()
	for _, s := range states {
		t.Run(s.name, func(t *testing.T) {
			w := withCodes(t)
			userID, _ := s.arrange(t, w)
			owed := w.Clock.Now().Add(-time.Minute)
			login, stepUp := auth.LetterKind(""), auth.LetterKind("")
			if s.reset != "" {
				login = auth.LetterLoginCode
			}
			if s.hasUser && s.noPassword && !s.disabled {
				stepUp = auth.LetterReauthenticationCode
			}
			for _, c := range []struct {
				request auth.OneTimeCode
				item    auth.OutboxItem
				want    auth.LetterKind
				to      string
			}{
				{auth.OneTimeCode{Purpose: auth.PurposeLogin}, auth.OutboxItem{Job: auth.JobLoginCode, EmailKey: ada}, login, s.resetTo},
				{auth.OneTimeCode{Purpose: auth.PurposeReauthenticate}, auth.OutboxItem{Job: auth.JobReauthenticationCode, UserID: userID}, stepUp, usersAddress},
			} {
				t.Run(string(c.item.Job), func(t *testing.T) {
					c.request.RequestID, c.request.EmailKey, c.request.CreatedAt = uuid.New(), ada, owed
					must(t, w.Store.CreateCode(t.Context(), &c.request))
					c.item.RequestID, c.item.CreatedAt = c.request.RequestID, owed
					letter, err := w.Compose(t.Context(), &c.item)
					if c.want == "" {
						if !errors.Is(err, auth.ErrNoLetter) || letter != nil {
							t.Errorf("the answer is %+v, %v, want no letter", letter, err)
						}
						return
					}
					must(t, err)
					if letter.Kind != c.want || letter.To.Address != c.to || letter.To.Canonical != ada || letter.Token != "" {
						t.Errorf("it is %s to %+v, want %s to %s, without a token", letter.Kind, letter.To, c.want, c.to)
					}
					if named := letter.Name != ""; named != (s.confirmed && s.hasUser) {
						t.Errorf("it greets %q: who has not confirmed may be a stranger", letter.Name)
					}
					if letter.ValidFor != 10*time.Minute || !letter.At.Equal(w.Clock.Now()) {
						t.Errorf("it is of %v, valid for %v", letter.At, letter.ValidFor)
					}
					checkCode(t, w, c.request, letter.Code)
				})
			}
		})
	}
}

// checkCode tests that a code has the form of one, and that of it only a digest is stored.
func checkCode(t *testing.T, w *authtest.World, request auth.OneTimeCode, code secret.Text) {
	t.Helper()
	if read, ok := secret.ReadCode(code); !ok || read != code {
		t.Error("got a text without the form of a code, want a code")
	}
	stored, err := w.Store.TryCode(t.Context(), request.Purpose, request.RequestID, uuid.Nil, 5)
	must(t, err)
	if len(stored.Digest) != 32 || !stored.ExpiresAt.Equal(w.Clock.Now().Add(10*time.Minute)) || stored.EmailKey != ada {
		t.Errorf("what is stored is of %d bytes, for %s until %v", len(stored.Digest), stored.EmailKey, stored.ExpiresAt)
	}
}

func TestComposeOfACodeWithoutARequestIsNoLetter(t *testing.T) {
	t.Parallel()
	w := withCodes(t)
	w.Join(t, ada, adasPassword)
	_, err := w.Compose(t.Context(), &auth.OutboxItem{Job: auth.JobLoginCode, EmailKey: ada, RequestID: uuid.New(), CreatedAt: w.Clock.Now()})
	if !errors.Is(err, auth.ErrNoLetter) {
		t.Errorf("the error is %v", err)
	}
}
