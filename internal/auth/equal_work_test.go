package auth_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// hashKiB is what one hash of these tests goes through.
const hashKiB = 512

// hashed are the hashers of these tests, with the KiB that each has gone through.
var hashed sync.Map // of *secret.Hasher to *atomic.Uint64

// countedHasher returns a hasher whose work measure can count.
func countedHasher(t *testing.T) *secret.Hasher {
	t.Helper()
	hasher, done := authtest.Hasher(t, secret.Params{MemoryKiB: hashKiB, Passes: 1, Parallelism: 1}), new(atomic.Uint64)
	hasher.Observe(func(_ context.Context, work secret.HashWork) { done.Add(work.KiB) })
	hashed.Store(hasher, done)
	t.Cleanup(func() { hashed.Delete(hasher) })
	return hasher
}

// work is what whoever measures could see of a call.
type work struct {
	Calls  []string // of the store
	Hashes float64  // of hashKiB each; 0 as well if nobody counts them
	Answer string
	Mail   []string // rows of the outbox, without ids and address
	Trail  []string // events of the audit trail, without ids: of whose account is known to no client
	Wakes  int
}

// measure does something and returns the work that it was.
func measure(t *testing.T, w *authtest.World, do func(w *authtest.World) (any, error)) work {
	t.Helper()
	var done work
	watched := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) {
		done.Calls = append(done.Calls, method)
	})})

	written := len(eventsOf(t, w, ""))
	count := new(atomic.Uint64)
	if counted, ok := hashed.Load(w.Hasher); ok {
		count = counted.(*atomic.Uint64)
	}
	before := count.Load()
	answer, err := do(watched)
	if err != nil {
		discreet(t, err)
	}

	done.Hashes = float64(count.Load()-before) / hashKiB
	done.Answer = fmt.Sprintf("%+v %+v", answer, err)
	done.Wakes = watched.Wakes()
	done.Mail = outbox(t, w)
	for _, e := range eventsOf(t, w, "")[written:] {
		done.Trail = append(done.Trail, fmt.Sprintf("%s %s, session %v", e.Act, e.Outcome, e.SessionID != uuid.Nil))
	}
	return done
}

// outbox empties the outbox and returns the form of what was in it.
func outbox(t *testing.T, w *authtest.World) []string {
	t.Helper()
	holder, now := uuid.New(), w.Clock.Now()
	var forms []string
	for {
		items, err := w.Store.LeaseOutbox(t.Context(), holder, now, now.Add(time.Minute), 100)
		must(t, err)
		if len(items) == 0 {
			return forms
		}
		for _, item := range items {
			forms = append(forms, fmt.Sprintf("%s, address %v, user %v, sign-up %v, request %v, recipient %v", item.Job,
				item.EmailKey != "", item.UserID != uuid.Nil, item.SignUpID != uuid.Nil, item.RequestID != uuid.Nil, item.Recipient != "")+
				fmt.Sprintf(", from %q, %q", item.IPAddress, item.Device))
			must(t, w.Store.FinishOutbox(t.Context(), item.ID, holder))
		}
	}
}

// population fills the store with an address of each kind, and returns what is special of each.
func population(t *testing.T, w *authtest.World) map[string]string {
	t.Helper()
	ctx := t.Context()
	create := func(email string, password secret.Text, verified bool) {
		_, err := w.CreateAccount(ctx, auth.NewAccount{Email: email, Role: auth.RoleUser, Password: password, Verified: verified})
		must(t, err)
	}
	create("confirmed@x.example", adasPassword, true)
	create("admin@x.example", adasPassword, true)
	_, err := w.SetRole(ctx, "admin@x.example", auth.RoleAdmin)
	must(t, err)
	create("unconfirmed@x.example", adasPassword, false)
	create("bare@x.example", "", true)
	create("disabled@x.example", adasPassword, true)
	_, err = w.DisableAccount(ctx, "disabled@x.example")
	must(t, err)
	signUp(t, w, "once@x.example", adasPassword)
	signUp(t, w, "twice@x.example", adasPassword)
	signUp(t, w, "twice@x.example", evesPassword)
	outbox(t, w)
	return map[string]string{
		"confirmed@x.example":   "a user",
		"admin@x.example":       "an admin",
		"unconfirmed@x.example": "a user who has not confirmed",
		"bare@x.example":        "a user without a password",
		"disabled@x.example":    "a disabled user",
		"once@x.example":        "a sign-up",
		"twice@x.example":       "two sign-ups",
	}
}

func TestKnownAndUnknownAddressesAreTheSameWork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		hashes float64
		do     func(w *authtest.World, email string) (any, error)
	}{
		{"register", 1, func(w *authtest.World, email string) (any, error) {
			return w.Register(t.Context(), auth.RegisterInput{Email: email, Password: newPassword, RedirectURL: app})
		}},
		{"resend the confirmation", 0, func(w *authtest.World, email string) (any, error) {
			return nil, w.ResendConfirmationEmail(t.Context(), email, app)
		}},
		{"request a reset", 0, func(w *authtest.World, email string) (any, error) {
			return nil, w.RequestPasswordReset(t.Context(), email, app)
		}},
		{"request a login code", 0, func(w *authtest.World, email string) (any, error) {
			id, err := w.RequestLoginCode(t.Context(), email)
			return id == uuid.Nil, err
		}},
		{"log in with a wrong password", 1, func(w *authtest.World, email string) (any, error) {
			return w.Login(t.Context(), auth.LoginInput{Email: email, Password: wrongPassword})
		}},
		{"authenticate by Basic with a wrong password", 1, func(w *authtest.World, email string) (any, error) {
			return w.AuthenticateBasic(t.Context(), auth.LoginInput{Email: email, Password: wrongPassword})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			hasher := countedHasher(t)
			w := mandatory(t).Replica(authtest.Difference{Hasher: hasher, Config: withRedirects(t, authtest.WithLoginCodes(authtest.Mandatory))})
			special := population(t, w)
			want := measure(t, w, func(w *authtest.World) (any, error) { return c.do(w, nobody) })
			if want.Hashes != c.hashes || len(want.Calls) == 0 {
				t.Fatalf("for an unknown address it is %v hashes and %v", want.Hashes, want.Calls)
			}
			for email, who := range special {
				got := measure(t, w, func(w *authtest.World) (any, error) { return c.do(w, email) })
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("it is different for %s (-unknown +known):\n%s", who, diff)
				}
			}
		})
	}
}

func TestTheRightPasswordOfWhoMayNotComeInIsTheSameWork(t *testing.T) {
	t.Parallel()
	hasher := countedHasher(t)
	w := mandatory(t).Replica(authtest.Difference{Hasher: hasher})
	special := population(t, w)
	for name, do := range map[string]func(w *authtest.World, in auth.LoginInput) (any, error){
		"by a login": func(w *authtest.World, in auth.LoginInput) (any, error) { return w.Login(t.Context(), in) },
		"by Basic":   func(w *authtest.World, in auth.LoginInput) (any, error) { return w.AuthenticateBasic(t.Context(), in) },
	} {
		t.Run(name, func(t *testing.T) {
			attempt := func(email string) work {
				return measure(t, w, func(w *authtest.World) (any, error) {
					return do(w, auth.LoginInput{Email: email, Password: adasPassword})
				})
			}
			want := attempt(nobody)
			if len(want.Trail) != 1 || len(want.Mail) != 1 || want.Hashes != 1 {
				t.Fatalf("for an unknown address there are %v hashes, the events %v and the mail %v", want.Hashes, want.Trail, want.Mail)
			}
			for _, email := range []string{"unconfirmed@x.example", "bare@x.example", "once@x.example", "twice@x.example"} {
				if diff := cmp.Diff(want, attempt(email)); diff != "" {
					t.Errorf("it is different for %s (-unknown +known):\n%s", special[email], diff)
				}
			}
		})
	}
}

func TestCodesThatDoNotWorkAreTheSameWork(t *testing.T) {
	t.Parallel()
	w := withCodes(t)
	special := population(t, w)
	ask := func(email string) uuid.UUID {
		id, err := w.RequestLoginCode(t.Context(), email)
		must(t, err)
		w.Letters(t)
		return id
	}
	attempt := func(id uuid.UUID) work {
		return measure(t, w, func(w *authtest.World) (any, error) {
			return w.LoginWithCode(t.Context(), auth.LoginWithCodeInput{RequestID: id, Code: wrongCode})
		})
	}

	for _, c := range []struct {
		name  string
		after func(id uuid.UUID)
		calls []string
	}{
		{"a wrong one", func(uuid.UUID) {}, []string{"InTx", "TryCode", "CountWrongCode", "AddAuditEvent"}},
		{"one that is too late", func(uuid.UUID) { w.Clock.Advance(time.Hour) }, []string{"InTx", "TryCode", "CountWrongCode", "AddAuditEvent"}},
		{"one tried too often", func(id uuid.UUID) {
			for range 5 {
				attempt(id)
			}
		}, []string{"InTx", "TryCode", "AddAuditEvent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := ask(nobody)
			c.after(id)
			want := attempt(id)
			if diff := cmp.Diff(c.calls, want.Calls); diff != "" {
				t.Fatalf("for an unknown address it is other work (-want +got):\n%s", diff)
			}
			for email, who := range special {
				id := ask(email)
				c.after(id)
				if diff := cmp.Diff(want, attempt(id)); diff != "" {
					t.Errorf("it is different for %s (-unknown +known):\n%s", who, diff)
				}
			}
		})
	}
	t.Run("one of an address whose codes have ended", func(t *testing.T) {
		giveWrongCodes(t, w, nobody, 100)
		giveWrongCodes(t, w, "confirmed@x.example", 100)
		if diff := cmp.Diff(attempt(ask(nobody)), attempt(ask("confirmed@x.example"))); diff != "" {
			t.Errorf("it is different (-unknown +known):\n%s", diff)
		}
	})
}
