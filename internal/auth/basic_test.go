package auth_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestBasicLetsInWithoutASession(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		config := authtest.Mandatory
		config.Usernames = auth.UsernamesOptional
		w := authtest.New(t, store, config)
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Username: "ada", Password: adasPassword})
		must(t, err)
		user, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
		must(t, err)
		for _, in := range []auth.LoginInput{{Email: "Ada@Lovelace.example", Password: adasPassword}, {Username: "ADA", Password: adasPassword}} {
			caller, err := w.AuthenticateBasic(t.Context(), in)
			must(t, err)
			if caller.User.ID != user.ID || caller.Session.ID != uuid.Nil {
				t.Error("somebody else came in, or a session began")
			}
		}
		sessions, err := w.Store.Sessions(t.Context(), user.ID)
		must(t, err)
		if len(sessions) != 0 || !reload(t, w, ada).LastLoginAt.IsZero() {
			t.Error("got a session or a time of last login, want neither: HTTP Basic is no login")
		}
		outcomes := map[string]int{}
		must(t, w.EachAuditEvent(t.Context(), auth.AuditQuery{User: ada}, func(e auth.AuditEntry) error {
			if e.Act == "authenticated_by_basic" {
				outcomes[e.Outcome]++
			}
			return nil
		}))
		if outcomes["ok"] != 2 || len(outcomes) != 1 {
			t.Errorf("the audit trail has %v", outcomes)
		}
	})
}

func TestBasicHasOneAnswerForEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	w.Join(t, "disabled@lovelace.example", adasPassword)
	_, err := w.DisableAccount(t.Context(), "disabled@lovelace.example")
	must(t, err)
	signUp(t, w, "pending@lovelace.example", adasPassword)
	w.Letters(t)
	messages := map[string]bool{}
	for name, in := range map[string]auth.LoginInput{
		"a wrong password": {Email: ada, Password: wrongPassword},
		"nobody":           {Email: nobody, Password: wrongPassword},
		"a disabled user":  {Email: "disabled@lovelace.example", Password: adasPassword},
		"a sign-up":        {Email: "pending@lovelace.example", Password: adasPassword},
		"no name":          {Password: adasPassword},
		"no password":      {Email: ada},
		"a long password":  {Email: ada, Password: secret.Text(make([]byte, 2000))},
		"no address":       {Email: "@", Password: adasPassword},
		"no such username": {Username: "ada", Password: adasPassword},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.AuthenticateBasic(t.Context(), in)
			messages[failed(t, err, auth.Unauthenticated).Message] = true
		})
	}
	if len(messages) != 1 {
		t.Errorf("there are %d answers", len(messages))
	}
	refusals := 0
	must(t, w.EachAuditEvent(t.Context(), auth.AuditQuery{}, func(e auth.AuditEntry) error {
		if e.Act == "authenticated_by_basic" && e.Outcome != "ok" {
			refusals++
		}
		return nil
	}))
	if refusals != 4 { // those whose form an account could have
		t.Errorf("%d refusals are written down", refusals)
	}
}

func TestBasicIsNeverFresh(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	caller, err := w.AuthenticateBasic(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
	must(t, err)
	must(t, w.Authorize(caller, auth.Requirement{Role: auth.RoleUser, Verified: true}))
	failed(t, w.Authorize(caller, auth.Requirement{Role: auth.RoleUser, Fresh: true}), auth.NotFresh)
}
