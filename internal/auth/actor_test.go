package auth_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

func TestTheAuditTrailNamesTheActor(t *testing.T) {
	t.Parallel()
	const reason = "asked for by phone"
	operator := authtest.AsOperator(" " + reason + " ")
	discard := func(_ any, err error) error { return err }
	for _, c := range []struct {
		name string
		do   func(ctx context.Context, w *authtest.World, actor auth.Actor) error
	}{
		{"CreateAccount", func(ctx context.Context, w *authtest.World, actor auth.Actor) error {
			return discard(w.Service.CreateAccount(ctx, actor, auth.NewAccount{Email: nobody, Role: auth.RoleUser}))
		}},
		{"SetRole", func(ctx context.Context, w *authtest.World, actor auth.Actor) error {
			return discard(w.Service.SetRole(ctx, actor, ada, auth.RoleStaff))
		}},
		{"SetPassword", func(ctx context.Context, w *authtest.World, actor auth.Actor) error {
			return discard(w.Service.SetPassword(ctx, actor, ada, newPassword))
		}},
		{"SetProfile", func(ctx context.Context, w *authtest.World, actor auth.Actor) error {
			return discard(w.Service.SetProfile(ctx, actor, ada, auth.UpdateProfileInput{Profile: &map[string]any{}}))
		}},
		{"DisableAccount", func(ctx context.Context, w *authtest.World, actor auth.Actor) error {
			return discard(w.Service.DisableAccount(ctx, actor, ada))
		}},
		{"EnableAccount", func(ctx context.Context, w *authtest.World, actor auth.Actor) error {
			return discard(w.Service.EnableAccount(ctx, actor, ada))
		}},
		{"ConfirmAccount", func(ctx context.Context, w *authtest.World, actor auth.Actor) error {
			signUp(t, w, nobody, adasPassword)
			return discard(w.Service.ConfirmAccount(ctx, actor, nobody))
		}},
		{"CreateAPIClient", func(ctx context.Context, w *authtest.World, actor auth.Actor) error {
			_, _, err := w.Service.CreateAPIClient(ctx, actor, "shop")
			return err
		}},
		{"DeleteAPIClient", func(ctx context.Context, w *authtest.World, actor auth.Actor) error {
			_, _, _ = w.CreateAPIClient(ctx, "shop") // which is there the second time
			return discard(w.Service.DeleteAPIClient(ctx, actor, "shop"))
		}},
		{"RotateKeys", func(ctx context.Context, w *authtest.World, actor auth.Actor) error {
			jwt := w.Replica(authtest.Difference{Config: signed})
			return discard(jwt.Service.RotateKeys(ctx, actor))
		}},
		{"VoidKeys", func(ctx context.Context, w *authtest.World, actor auth.Actor) error {
			jwt := w.Replica(authtest.Difference{Config: signed})
			return jwt.Service.VoidKeys(ctx, actor, false)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := mandatory(t)
			w.Join(t, ada, adasPassword)
			before := len(eventsOf(t, w, ""))
			if err := c.do(t.Context(), w, auth.Actor{}); err == nil {
				t.Error("got no error for an actor who is no one, want one")
			}
			must(t, c.do(t.Context(), w, operator))
			events := eventsOf(t, w, "")
			if len(events) == before {
				t.Fatal("got no event, want one")
			}
			if last := events[len(events)-1]; last.Actor != auth.ActorOperator || last.Reason != reason {
				t.Errorf("%s: got the actor %q with the reason %q, want %q with %q", last.Act, last.Actor, last.Reason, auth.ActorOperator, reason)
			}
		})
	}

	t.Run("what users do to their own account has none", func(t *testing.T) {
		t.Parallel()
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		for _, e := range eventsOf(t, w, "") {
			if e.Actor != "" || e.Reason != "" {
				t.Errorf("%s: got the actor %q with the reason %q, want none", e.Act, e.Actor, e.Reason)
			}
		}
	})

	t.Run("what the server does by itself", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.SQLite(t), signed)
		must(t, w.TendKeys(t.Context()))
		must(t, w.Store.CreateUser(t.Context(), &auth.User{
			ID: uuid.Must(uuid.NewV7()), Role: auth.RoleUser, CreatedAt: w.Clock.Now(), UpdatedAt: w.Clock.Now(), DeletedAt: w.Clock.Now(),
		}))
		w.Clock.Advance(time.Hour)
		if n, err := w.EraseDeleted(t.Context()); err != nil || n != 1 {
			t.Fatalf("got %d accounts erased (%v), want 1", n, err)
		}
		events := eventsOf(t, w, "")
		if len(events) != 2 {
			t.Fatalf("got %d events, want 2", len(events))
		}
		for _, e := range events {
			if e.Actor != auth.ActorServer {
				t.Errorf("%s: got the actor %q, want %q", e.Act, e.Actor, auth.ActorServer)
			}
		}
	})
}

func TestTheReasonOfAnOperator(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reason string
		ok     bool
	}{
		"none":                {"", true},
		"as long as it may":   {strings.Repeat("ß", 500), true},
		"too long":            {strings.Repeat("ß", 501), false},
		"on two lines":        {"asked\nfor", false},
		"with an escape":      {"asked \x1b[2J", false},
		"read backwards":      {"asked \u202e", false},
		"that is not Unicode": {"asked \xff", false},
	} {
		if _, err := auth.Operator(c.reason); (err == nil) != c.ok {
			t.Errorf("%s: got the error %v, want success %v", name, err, c.ok)
		}
	}
}
