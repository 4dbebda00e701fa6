package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var (
	_ = wantJob("impersonated", normalPriority)
	_ = wantJob("role_changed", normalPriority)
)

var _ = newDeed("an administrator acts as a user", func(t *testing.T, w *authtest.World) {
	admin := officer(t, w, chief, auth.RoleAdmin)
	w.Join(t, ada, adasPassword)
	impersonate(t, w, admin, ada)
})

var _ = newDeed("a user gets another role", func(t *testing.T, w *authtest.World) {
	w.Join(t, ada, adasPassword)
	_, err := w.SetRole(t.Context(), ada, auth.RoleStaff)
	must(t, err)
})

// impersonate has an administrator act as the user with an address.
func impersonate(t *testing.T, w *authtest.World, admin *auth.Caller, email string) *auth.Grant {
	t.Helper()
	grant, err := w.Impersonate(t.Context(), admin, auth.ImpersonateInput{UserID: reload(t, w, email).ID, Reason: "asked for help"})
	must(t, err)
	return grant
}

// opens reports whether a token opens what is open to an administrator who acts as the user, by both ways of reading it.
func opens(t *testing.T, w *authtest.World, token secret.Text) bool {
	t.Helper()
	_, err := w.AuthorizeRead(t.Context(), token, auth.Requirement{Role: auth.RoleUser, Impersonated: true})
	if err != nil {
		failed(t, err, auth.Unauthenticated)
	}
	if alive := lives(t, w, token); alive != (err == nil) {
		t.Errorf("the token lives for changes: %t, and for reading: %t, want the same", alive, err == nil)
	}
	return err == nil
}

func TestImpersonation(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		admin := officer(t, w, chief, auth.RoleAdmin)
		w.Join(t, ada, adasPassword)
		before := reload(t, w, ada)
		w.Letters(t)
		grant := impersonate(t, w, admin, ada)
		session := grant.Session

		if grant.Tokens.RefreshToken != "" || session.EndsAt.Sub(session.CreatedAt) != 30*time.Minute || session.ActorID != admin.User.ID {
			t.Error("got a refresh token, another time or another actor, want none, 30 minutes, and the administrator")
		}
		if after := reload(t, w, ada); *after != *before {
			t.Error("the user has changed, want them as they were: they did not log in")
		}
		if letter := w.Letter(t, auth.LetterImpersonated); letter.To.Address != ada {
			t.Error("another than the user is told")
		}
		caller := w.Caller(t, grant.Tokens.AccessToken)
		must(t, w.Authorize(caller, auth.Requirement{Role: auth.RoleUser, Impersonated: true}))
		failed(t, w.Authorize(caller, auth.Requirement{Role: auth.RoleUser}), auth.Forbidden)
		failed(t, w.Authorize(caller, auth.Requirement{Role: auth.RoleUser, Impersonated: true, Fresh: true}), auth.NotFresh)

		t.Run("is told to backends with who acts", func(t *testing.T) {
			if info := introspect(t, w, grant.Tokens.AccessToken); info.ActorID != admin.User.ID || info.Subject != before.ID {
				t.Error("another acts, or as another")
			}
		})
		t.Run("has both in the audit trail", func(t *testing.T) {
			name := "Countess"
			_, err := w.UpdateProfile(t.Context(), caller, auth.UpdateProfileInput{Name: &name})
			must(t, err)
			events, err := w.ListAuditEvents(t.Context(), auth.PageRequest{}, auth.AuditFilter{ActorID: &admin.User.ID})
			must(t, err)
			if len(events.Items) != 2 {
				t.Fatalf("got %d events by the administrator, want 2", len(events.Items))
			}
			for i, act := range []auth.Act{"profile_updated", "impersonated"} {
				e := events.Items[i]
				if e.Act != act || e.UserID != before.ID || e.SessionID != session.ID || (e.Reason == "asked for help") != (i == 1) {
					t.Errorf("got the event %s of user %s in session %s, want %s with both", e.Act, e.UserID, e.SessionID, act)
				}
			}
		})
		t.Run("is among the sessions of the user", func(t *testing.T) {
			own, _ := w.LogIn(t, ada, adasPassword)
			listed, err := w.Sessions(t.Context(), own)
			must(t, err)
			if len(listed) != 2 || listed[0].Impersonated() || !listed[1].Impersonated() {
				t.Error("got other sessions than the own one and that of the administrator")
			}
		})
		t.Run("ends after half an hour, however much it is used", func(t *testing.T) {
			w.Clock.Advance(30*time.Minute - time.Microsecond)
			if !opens(t, w, grant.Tokens.AccessToken) {
				t.Fatal("it has ended, want it to last for half an hour")
			}
			w.Clock.Advance(time.Microsecond)
			if opens(t, w, grant.Tokens.AccessToken) {
				t.Error("it lives, want it to have ended")
			}
		})
		t.Run("cannot be refreshed", func(t *testing.T) {
			again, _ := w.LogIn(t, chief, adasPassword)
			grant, err := w.Impersonate(t.Context(), again, auth.ImpersonateInput{
				UserID: before.ID, Reason: "help", SessionDelivery: auth.SessionDelivery{Delivery: auth.DeliveryCookie},
			})
			must(t, err)
			_, err = w.RefreshSession(t.Context(), auth.RefreshInput{SessionToken: grant.Tokens.Cookie})
			refused(t, err, auth.InvalidRefreshToken)
		})
	})
}

// TestImpersonationEndsWithItsActor takes from administrators what they act by, in each way.
func TestImpersonationEndsWithItsActor(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, w *authtest.World, admin *auth.Caller, token secret.Text){
		"they sign out": func(t *testing.T, w *authtest.World, _ *auth.Caller, token secret.Text) {
			must(t, w.Logout(t.Context(), token))
		},
		"they end the session": func(t *testing.T, w *authtest.World, admin *auth.Caller, _ secret.Text) {
			_, err := w.RevokeSession(t.Context(), admin, admin.Session.ID)
			must(t, err)
		},
		"they sign out everywhere": func(t *testing.T, w *authtest.World, admin *auth.Caller, _ secret.Text) {
			_, err := w.LogoutAll(t.Context(), admin, false)
			must(t, err)
		},
		"they change the password": func(t *testing.T, w *authtest.World, admin *auth.Caller, _ secret.Text) {
			current := adasPassword
			_, err := w.ChangePassword(t.Context(), admin, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
			must(t, err)
		},
		"they are disabled": func(t *testing.T, w *authtest.World, _ *auth.Caller, _ secret.Text) {
			_, err := w.DisableAccount(t.Context(), chief)
			must(t, err)
		},
		"they are support staff for a moment": func(t *testing.T, w *authtest.World, _ *auth.Caller, _ secret.Text) {
			_, err := w.SetRole(t.Context(), chief, auth.RoleStaff)
			must(t, err)
			_, err = w.SetRole(t.Context(), chief, auth.RoleAdmin)
			must(t, err)
		},
		"they are deleted": func(t *testing.T, w *authtest.World, _ *auth.Caller, _ secret.Text) {
			_, err := w.DeleteUser(t.Context(), authtest.AsOperator(""), chief)
			must(t, err)
		},
		"the user becomes support staff": func(t *testing.T, w *authtest.World, _ *auth.Caller, _ secret.Text) {
			_, err := w.SetRole(t.Context(), ada, auth.RoleStaff)
			must(t, err)
		},
		"the user is disabled": func(t *testing.T, w *authtest.World, _ *auth.Caller, _ secret.Text) {
			_, err := w.DisableAccount(t.Context(), ada)
			must(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, store auth.Store) {
				w := authtest.New(t, store, authtest.Mandatory)
				officer(t, w, deputy, auth.RoleAdmin)
				officer(t, w, chief, auth.RoleAdmin)
				admin, token := w.LogIn(t, chief, adasPassword)
				w.Join(t, ada, adasPassword)
				acting := impersonate(t, w, admin, ada).Tokens.AccessToken
				if !opens(t, w, acting) {
					t.Fatal("it has ended before")
				}
				end(t, w, admin, token)
				if opens(t, w, acting) {
					t.Error("it lives, want it to have ended")
				}
			})
		})
	}
}

// TestImpersonationAsksEachTime changes what an administrator acts by without a word to the session: by the clock, by the
// settings, and by a role that somebody else has written.
func TestImpersonationAsksEachTime(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, w *authtest.World, admin *auth.Caller) *authtest.World{
		"the administrator's session was unused for long": func(t *testing.T, w *authtest.World, _ *auth.Caller) *authtest.World {
			t.Helper()
			w.Clock.Advance(10 * time.Minute)
			return w
		},
		"the role needs a second factor by now": func(_ *testing.T, w *authtest.World, _ *auth.Caller) *authtest.World {
			config := authtest.Mandatory
			config.RequireSecondFactor = auth.SecondFactorForAdmin
			return w.Replica(authtest.Difference{Config: config})
		},
		"it is turned off": func(_ *testing.T, w *authtest.World, _ *auth.Caller) *authtest.World {
			config := authtest.Mandatory
			config.Impersonation = auth.ImpersonationOff
			return w.Replica(authtest.Difference{Config: config})
		},
		"the role is another": func(t *testing.T, w *authtest.World, admin *auth.Caller) *authtest.World {
			t.Helper()
			user := *admin.User
			user.Role = auth.RoleStaff
			must(t, w.Store.UpdateUser(t.Context(), &user))
			return w
		},
		"the role of the user is another": func(t *testing.T, w *authtest.World, _ *auth.Caller) *authtest.World {
			t.Helper()
			user := reload(t, w, ada)
			user.Role = auth.RoleStaff
			must(t, w.Store.UpdateUser(t.Context(), user))
			return w
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mandatory(t)
			w.Join(t, ada, adasPassword)
			admin := officer(t, w, chief, auth.RoleAdmin)
			w.Clock.Advance(30*day - 5*time.Minute) // until when the session of the administrator is unused
			acting := auth.ImpersonateInput{UserID: reload(t, w, ada).ID, Reason: "help"}
			grant, err := w.Impersonate(t.Context(), admin, acting)
			must(t, err)
			if !opens(t, w, grant.Tokens.AccessToken) {
				t.Fatal("it has ended before")
			}
			if opens(t, change(t, w, admin), grant.Tokens.AccessToken) {
				t.Error("it lives, want it to have ended")
			}
		})
	}
}

func TestAsWhomNobodyActs(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	admin := officer(t, w, chief, auth.RoleAdmin)
	staff := officer(t, w, "staff@example.org", auth.RoleStaff)
	officer(t, w, deputy, auth.RoleAdmin)
	for _, email := range []string{ada, "shut@example.org"} {
		_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Role: auth.RoleUser, Verified: true})
		must(t, err)
	}
	_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: "new@example.org", Role: auth.RoleUser})
	must(t, err)
	_, err = w.DisableAccount(t.Context(), "shut@example.org")
	must(t, err)
	w.Letters(t)
	try := func(caller *auth.Caller, id uuid.UUID, reason string) error {
		_, err := w.Impersonate(t.Context(), caller, auth.ImpersonateInput{UserID: id, Reason: reason})
		return err
	}
	for _, email := range []string{chief, deputy, "staff@example.org"} {
		failed(t, try(admin, reload(t, w, email).ID, "why"), auth.Forbidden)
	}
	refused(t, try(admin, uuid.New(), "why"), auth.NotFound)
	refused(t, try(admin, reload(t, w, "shut@example.org").ID, "why"), auth.AccountDisabled)
	refused(t, try(admin, reload(t, w, "new@example.org").ID, "why"), auth.AccountDisabled)
	id := reload(t, w, ada).ID
	refused(t, try(admin, id, " "), auth.Required)
	refused(t, try(admin, id, strings.Repeat("x", 501)), auth.InvalidReason)
	failed(t, try(staff, reload(t, w, deputy).ID, "why"), auth.Forbidden)

	config := authtest.Mandatory
	config.Impersonation = auth.ImpersonationOff
	off := w.Replica(authtest.Difference{Config: config})
	_, err = off.Impersonate(t.Context(), admin, auth.ImpersonateInput{UserID: id, Reason: "why"})
	failed(t, err, auth.Forbidden)
	w.NoLetter(t)

	config.Impersonation = auth.ImpersonationSilent
	silent := w.Replica(authtest.Difference{Config: config})
	_, err = silent.Impersonate(t.Context(), admin, auth.ImpersonateInput{UserID: id, Reason: "why"})
	must(t, err)
	w.NoLetter(t)
}

// TestImpersonationTakesNoPlaceOfTheUser has an administrator act while the user has as many sessions as there may be.
func TestImpersonationTakesNoPlaceOfTheUser(t *testing.T) {
	t.Parallel()
	config := authtest.Mandatory
	config.MaxSessionsPerUser = 1
	w := authtest.New(t, authtest.SQLite(t), config)
	admin := officer(t, w, chief, auth.RoleAdmin)
	w.Join(t, ada, adasPassword)
	_, own := w.LogIn(t, ada, adasPassword)
	acting := impersonate(t, w, admin, ada)
	if !lives(t, w, own) {
		t.Error("the session of the user has ended, want it to go on")
	}
	w.LogIn(t, ada, adasPassword)
	if !opens(t, w, acting.Tokens.AccessToken) {
		t.Error("the impersonation has ended with a login of the user, want it to go on")
	}
}
