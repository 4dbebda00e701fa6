package auth_test

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

var _ = newDeed("a download of one's own data", func(t *testing.T, w *authtest.World) {
	caller, _ := joined(t, w, ada, adasPassword)
	_, err := w.OwnData(t.Context(), caller)
	must(t, err)
})

func TestOwnDataIsAllThatIsRemembered(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		imported(t, w, auth.ImportOptions{Source: "django"}, &auth.ImportedUser{
			ExternalID: "17", Email: ada, EmailVerified: true, Name: "Ada", TOTPSecret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
			Identities: []auth.ImportedIdentity{{Issuer: "https://accounts.example", Subject: "s-1", Provider: "company"}},
		})
		w.Join(t, eve, evesPassword)
		_, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: wrongPassword})
		refused(t, err, auth.InvalidCredentials)
		caller, _ := w.LogIn(t, eve, evesPassword)

		data, err := w.OwnData(t.Context(), caller)
		must(t, err)
		if data.User.ID != caller.User.ID || data.External != nil || len(data.Sessions) != 1 || len(data.Devices) != 1 || data.Factors.TOTP != nil || len(data.Identities) != 0 {
			t.Errorf("Eve's data has something of another, or lacks something: %+v", data)
		}
		last := data.Events[0]
		if last.Act != "data_exported" || !data.At.Equal(w.Clock.Now()) {
			t.Errorf("got the newest event %s, want the download itself", last.Act)
		}
		for _, event := range data.Events {
			if event.UserID != caller.User.ID {
				t.Errorf("an event of another account is in it: %s", event.Act)
			}
		}

		owner := reload(t, w, ada)
		session := &auth.Session{
			ID: owner.ID, UserID: owner.ID, TokenDigest: []byte("digest"), CreatedAt: w.Clock.Now(), LastSeenAt: w.Clock.Now(),
			AuthenticatedAt: w.Clock.Now(), EndsAt: w.Clock.Now().Add(time.Hour), Generation: 1, Factors: 2,
		}
		must(t, store.CreateSession(t.Context(), session))
		data, err = w.OwnData(t.Context(), &auth.Caller{User: owner, Session: session})
		must(t, err)
		if data.External == nil || data.External.ID != "17" || data.Factors.TOTP == nil || len(data.Identities) != 1 {
			t.Errorf("the data of an imported user lacks something: %+v", data)
		}
	})
}

func TestOwnDataEndsWithItsSession(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	caller, token := joined(t, w, ada, adasPassword)
	must(t, w.Logout(t.Context(), token))
	_, err := w.OwnData(t.Context(), caller)
	failed(t, err, auth.Unauthenticated)
}
