package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

var _ = newDeed("what an administrator does to the account of another", func(t *testing.T, w *authtest.World) {
	admin := auth.Administrator(officer(t, w, chief, auth.RoleAdmin))
	w.Join(t, ada, adasPassword)
	w.LogIn(t, ada, adasPassword)
	_, err := w.EndAccountSessions(t.Context(), admin, ada)
	must(t, err)
	_, err = w.SendPasswordReset(t.Context(), admin, ada)
	must(t, err)
	_, err = w.DeleteUser(t.Context(), admin.Because("asked for it"), ada)
	must(t, err)
})

// Addresses of those who administer others.
const (
	chief  = "chief@example.org"
	deputy = "deputy@example.org"
)

// officer makes a user with a role, and returns their session.
func officer(t *testing.T, w *authtest.World, email string, role auth.Role) *auth.Caller {
	t.Helper()
	_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Password: adasPassword, Role: role, Verified: true})
	must(t, err)
	caller, _ := w.LogIn(t, email, adasPassword)
	return caller
}

// administrativeActs are all that administrators do to an account, by the id of its user.
var administrativeActs = map[string]func(ctx context.Context, w *authtest.World, actor auth.Actor, id string) error{
	"SetRole": func(ctx context.Context, w *authtest.World, actor auth.Actor, id string) error {
		_, err := w.Service.SetRole(ctx, actor.Because("why"), id, auth.RoleUser)
		return err
	},
	"SetProfile": func(ctx context.Context, w *authtest.World, actor auth.Actor, id string) error {
		name := "Ada"
		_, err := w.Service.SetProfile(ctx, actor, id, auth.UpdateProfileInput{Name: &name})
		return err
	},
	"DisableAccount": func(ctx context.Context, w *authtest.World, actor auth.Actor, id string) error {
		_, err := w.Service.DisableAccount(ctx, actor.Because("why"), id)
		return err
	},
	"EnableAccount": func(ctx context.Context, w *authtest.World, actor auth.Actor, id string) error {
		_, err := w.Service.EnableAccount(ctx, actor, id)
		return err
	},
	"ConfirmAccount": func(ctx context.Context, w *authtest.World, actor auth.Actor, id string) error {
		_, err := w.Service.ConfirmAccount(ctx, actor, id)
		return err
	},
	"EndAccountSessions": func(ctx context.Context, w *authtest.World, actor auth.Actor, id string) error {
		_, err := w.EndAccountSessions(ctx, actor, id)
		return err
	},
	"SendPasswordReset": func(ctx context.Context, w *authtest.World, actor auth.Actor, id string) error {
		_, err := w.SendPasswordReset(ctx, actor, id)
		return err
	},
	"RemoveFactors": func(ctx context.Context, w *authtest.World, actor auth.Actor, id string) error {
		_, err := w.RemoveFactors(ctx, actor.Because("why"), id)
		return err
	},
	"DeleteUser": func(ctx context.Context, w *authtest.World, actor auth.Actor, id string) error {
		_, err := w.DeleteUser(ctx, actor.Because("why"), id)
		return err
	},
}

func TestNobodyActsAboveTheirRank(t *testing.T) {
	t.Parallel()
	roles := []auth.Role{auth.RoleUser, auth.RoleStaff, auth.RoleAdmin}
	for name, act := range administrativeActs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory))
			actors := map[auth.Role]*auth.Caller{}
			for _, role := range roles {
				actors[role] = officer(t, w, strings.ToLower(fmt.Sprintf("actor-%s@example.org", role)), role)
			}
			for _, by := range roles {
				for _, of := range roles {
					target, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: strings.ToLower(fmt.Sprintf("%s-%s@example.org", by, of)), Role: of})
					must(t, err)
					before := reload(t, w, target.Email.Address)
					err = act(t.Context(), w, auth.Administrator(actors[by]), target.ID.String())
					if may := by == auth.RoleAdmin || by == auth.RoleStaff && of == auth.RoleUser; may {
						must(t, err)
						continue
					}
					failed(t, err, auth.Forbidden)
					if after := reload(t, w, target.Email.Address); *after != *before {
						t.Errorf("%s acted on %s: the account has changed, want it as it was", by, of)
					}
				}
			}
			refused(t, act(t.Context(), w, auth.Administrator(actors[auth.RoleAdmin]), uuid.NewString()), auth.NotFound)
		})
	}
}

func TestNobodyShutsThemselvesOut(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	caller := officer(t, w, chief, auth.RoleAdmin)
	officer(t, w, deputy, auth.RoleAdmin)
	for _, name := range []string{"SetRole", "DisableAccount", "RemoveFactors", "DeleteUser"} {
		err := administrativeActs[name](t.Context(), w, auth.Administrator(caller), caller.User.ID.String())
		failed(t, err, auth.Forbidden)
	}
	if user := reload(t, w, chief); user.Role != auth.RoleAdmin || user.Disabled() {
		t.Error("the administrator has changed, want them as they were")
	}
}

func TestWhoLostTheRoleOrTheSessionActsNoMore(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]struct {
		do   func(w *authtest.World, caller *auth.Caller) error
		kind auth.Kind
	}{
		"the role": {func(w *authtest.World, _ *auth.Caller) error {
			_, err := w.SetRole(t.Context(), chief, auth.RoleUser)
			return err
		}, auth.Forbidden},
		"the session": {func(w *authtest.World, caller *auth.Caller) error {
			_, err := w.LogoutAll(t.Context(), caller, false)
			return err
		}, auth.Unauthenticated},
		"the account": {func(w *authtest.World, _ *auth.Caller) error {
			_, err := w.DisableAccount(t.Context(), chief)
			return err
		}, auth.Unauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mandatory(t)
			caller := officer(t, w, chief, auth.RoleAdmin) // as they were when the request began
			user := w.Join(t, ada, adasPassword)
			must(t, lose.do(w, caller))
			for name, act := range administrativeActs {
				if name == "ConfirmAccount" { // there is nothing left to confirm, but it is locked all the same
					continue
				}
				failed(t, act(t.Context(), w, auth.Administrator(caller), user.ID.String()), lose.kind)
			}
			_, err := w.Service.CreateAccount(t.Context(), auth.Administrator(caller), auth.NewAccount{Email: nobody, Role: auth.RoleAdmin})
			failed(t, err, lose.kind)
		})
	}
}

// TestOneAdministratorStays has two administrators take the role from each other, disable and delete each other, and leave, at once.
func TestOneAdministratorStays(t *testing.T) {
	t.Parallel()
	leave := func(ctx context.Context, w *authtest.World, by, _ *auth.Caller) error {
		return w.DeleteAccount(ctx, by, by.User.Email.Address)
	}
	races := map[string]func(ctx context.Context, w *authtest.World, by, of *auth.Caller) error{"DeleteAccount": leave}
	for _, name := range []string{"SetRole", "DisableAccount", "DeleteUser"} {
		races[name] = func(ctx context.Context, w *authtest.World, by, of *auth.Caller) error {
			return administrativeActs[name](ctx, w, auth.Administrator(by), of.User.ID.String())
		}
	}
	for database, open := range map[string]func(t *testing.T) auth.Store{
		"SQLite":   func(t *testing.T) auth.Store { return authtest.SQLite(t) },
		"Postgres": func(t *testing.T) auth.Store { return authtest.Postgres(t) },
	} {
		for name, race := range races {
			t.Run(database+" "+name, func(t *testing.T) {
				t.Parallel()
				w := authtest.New(t, open(t), authtest.Unlimited(authtest.Mandatory))
				one, other := officer(t, w, chief, auth.RoleAdmin), officer(t, w, deputy, auth.RoleAdmin)
				var errs [2]error
				var both sync.WaitGroup
				both.Go(func() { errs[0] = race(t.Context(), w, one, other) })
				both.Go(func() { errs[1] = race(t.Context(), w, other, one) })
				both.Wait()
				if (errs[0] == nil) == (errs[1] == nil) {
					t.Fatalf("got the errors %v and %v, want one of the two to win", errs[0], errs[1])
				}
				if !isRefusal(errors.Join(errs[:]...)) {
					t.Errorf("got the error %v, want a refusal", errors.Join(errs[:]...))
				}
				winner := one
				if (errs[0] == nil) == (name == "DeleteAccount") { // whoever left first has not stayed
					winner = other
				}
				if user := reload(t, w, winner.User.Email.Address); user.Role != auth.RoleAdmin || user.Disabled() {
					t.Error("got no administrator, want one")
				}
			})
		}
	}
}

// isRefusal reports whether an error is one that whoever asked is told.
func isRefusal(err error) bool {
	var fault *auth.Error
	var problems auth.Problems
	return errors.As(err, &fault) || errors.As(err, &problems)
}

func TestTheLastAdministratorDoesNotLeave(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	caller := officer(t, w, chief, auth.RoleAdmin)
	refused(t, w.DeleteAccount(t.Context(), caller, chief), auth.LastAdmin)
	officer(t, w, deputy, auth.RoleAdmin)
	_, err := w.DisableAccount(t.Context(), deputy) // who does not count
	must(t, err)
	refused(t, w.DeleteAccount(t.Context(), caller, chief), auth.LastAdmin)
	_, err = w.EnableAccount(t.Context(), deputy)
	must(t, err)
	must(t, w.DeleteAccount(t.Context(), caller, chief))
}

func TestTheAuditTrailKeepsWhoActed(t *testing.T) {
	t.Parallel()
	const hostile = `<script>alert(1)</script> =HYPERLINK("x") '); DROP TABLE users; --`
	for name, act := range administrativeActs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mandatory(t)
			caller := officer(t, w, chief, auth.RoleAdmin)
			target, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Name: hostile, Role: auth.RoleUser, Password: adasPassword})
			must(t, err)
			ctx := from(t, "192.0.2.1", phone)
			must(t, act(ctx, w, auth.Administrator(caller), target.ID.String()))
			last := wholeTrail(t, w)[lastActOf(t, w, caller.User.ID)]
			if last.IPAddress != "192.0.2.1" {
				t.Errorf("%s: got the address %q, want 192.0.2.1", last.Act, last.IPAddress)
			}
			// When the actor is erased, so are their id and their client, and what they did stays.
			officer(t, w, deputy, auth.RoleAdmin)
			_, err = w.DeleteUser(t.Context(), authtest.AsOperator(""), chief)
			must(t, err)
			after := wholeTrail(t, w)[last.ID]
			if after.ActorID() == caller.User.ID || after.ActorID() == uuid.Nil || after.Act != last.Act || after.Reason != last.Reason || after.IPAddress != "" || after.UserAgent != "" {
				t.Errorf("%s: got the actor %q from %q after their erasure, want a pseudonym and no client", after.Act, after.Actor, after.IPAddress)
			}
		})
	}
}

func TestAReasonIsAskedFor(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	admin := auth.Administrator(officer(t, w, chief, auth.RoleAdmin))
	user := w.Join(t, ada, adasPassword)
	for reason, code := range map[string]auth.ProblemCode{" ": auth.Required, "a\nb": auth.InvalidReason, "\u202e": auth.InvalidReason} {
		_, err := w.Service.DisableAccount(t.Context(), admin.Because(reason), user.ID.String())
		refused(t, err, code)
	}
	got, err := w.Service.DisableAccount(t.Context(), admin.Because(" <b>spam</b> "), user.ID.String())
	must(t, err)
	if got.DisabledReason != "<b>spam</b>" || *reload(t, w, ada) != *got {
		t.Errorf("got the reason %q, want it as it was given", got.DisabledReason)
	}
	w.Clock.Advance(time.Minute)
	got, err = w.Service.EnableAccount(t.Context(), admin, user.ID.String())
	must(t, err)
	if got.DisabledReason != "" || got.Disabled() {
		t.Errorf("got the reason %q, want none", got.DisabledReason)
	}
}

// wholeTrail returns all that is written down, by the ids of the events.
func wholeTrail(t *testing.T, w *authtest.World) map[uuid.UUID]auth.AuditEntry {
	t.Helper()
	events := map[uuid.UUID]auth.AuditEntry{}
	must(t, w.EachAuditEvent(t.Context(), auth.AuditQuery{}, func(e auth.AuditEntry) error {
		events[e.ID] = e
		return nil
	}))
	return events
}

// lastActOf returns the event of what somebody did last to the account of another.
func lastActOf(t *testing.T, w *authtest.World, actor uuid.UUID) uuid.UUID {
	t.Helper()
	last := uuid.Nil
	must(t, w.EachAuditEvent(t.Context(), auth.AuditQuery{}, func(e auth.AuditEntry) error {
		if e.ActorID() == actor {
			last = e.ID
		}
		return nil
	}))
	if last == uuid.Nil {
		t.Fatal("got no act of the administrator, want one")
	}
	return last
}
