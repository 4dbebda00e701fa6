package auth_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// hashGate holds hashes back from shut to open, and lets all others through at once.
type hashGate struct {
	mu      sync.Mutex
	opened  chan struct{} // nil: open
	waiting atomic.Int32  // at the gate
	made    atomic.Int32
}

func (g *hashGate) shut() { g.mu.Lock(); defer g.mu.Unlock(); g.opened = make(chan struct{}) }
func (g *hashGate) open() { g.mu.Lock(); defer g.mu.Unlock(); close(g.opened); g.opened = nil }

// hold observes hashes: one that is made keeps its place in the queue until the gate lets it through.
func (g *hashGate) hold(_ context.Context, work secret.HashWork) {
	if work.Err != nil {
		return
	}
	g.made.Add(1)
	g.mu.Lock()
	opened := g.opened
	g.mu.Unlock()
	if opened != nil {
		g.waiting.Add(1)
		<-opened
		g.waiting.Add(-1)
	}
}

// hashFlood is many attempts at once, each of which ends, waits in the queue or is at the gate.
type hashFlood struct {
	world   *authtest.World
	gate    *hashGate
	begun   atomic.Int32
	ended   atomic.Int32
	refused atomic.Int32
	all     sync.WaitGroup
}

// begin begins an attempt, and returns where its error will be.
func (f *hashFlood) begin(attempt func() error) <-chan error {
	f.begun.Add(1)
	came := make(chan error, 1)
	f.all.Go(func() {
		err := attempt()
		if fault, ok := errors.AsType[*auth.Error](err); ok && fault.Kind == auth.RateLimited {
			f.refused.Add(1)
		}
		f.ended.Add(1)
		came <- err
	})
	return came
}

// settle returns when no attempt does anything any more but wait.
func (f *hashFlood) settle(t *testing.T) {
	t.Helper()
	for f.ended.Load()+f.gate.waiting.Load()+int32(f.world.Hasher.Waiting()) != f.begun.Load() {
		if t.Context().Err() != nil {
			t.Fatal("the attempts never settled")
		}
		runtime.Gosched()
	}
}

// gated returns a world with 27 places in its queue: one at work, 23 for all and 3 for known devices. Nobody in it
// gives up waiting.
func gated(t *testing.T, config auth.Config) (*authtest.World, *hashFlood) {
	t.Helper()
	gate := &hashGate{}
	config.LimitPatience = time.Millisecond
	w := authtest.NewWithHasher(t, authtest.SQLite(t), config, authtest.CheapParams, secret.WithLimits(1, 23, time.Hour))
	w.Hasher.Observe(gate.hold)
	return w, &hashFlood{world: w, gate: gate}
}

// attacker has accounts of its own, and one address.
type attacker struct {
	world   *authtest.World
	ctx     context.Context
	emails  []string
	callers []*auth.Caller
}

func newAttacker(t *testing.T, w *authtest.World, name string, accounts int) *attacker {
	t.Helper()
	a := &attacker{world: w, ctx: from(t, "198.51.100.66", laptop)}
	for i := range accounts {
		email := fmt.Sprintf("%s%d@x.example", name, i)
		createUser(t, w, email, evesPassword)
		caller, _ := w.LogIn(t, email, evesPassword)
		a.emails, a.callers = append(a.emails, email), append(a.callers, caller)
	}
	return a
}

func createUser(t *testing.T, w *authtest.World, email string, password secret.Text) {
	t.Helper()
	_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Password: password, Role: auth.RoleUser, Verified: true})
	must(t, err)
}

// attempts are all that compares or hashes a password for an account of the attacker.
func (a *attacker) attempts(i int) map[string]func() error {
	right, wrong := evesPassword, wrongPassword
	change := func(current, next secret.Text) func() error {
		return func() error {
			_, err := a.world.ChangePassword(a.ctx, a.callers[i], auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: next})
			return err
		}
	}
	prove := func(password secret.Text) func() error {
		return func() error {
			_, err := a.world.Reauthenticate(a.ctx, a.callers[i], auth.ReauthenticateInput{Password: &password})
			return err
		}
	}
	logIn := func(password secret.Text) func() error {
		return func() error {
			_, err := a.world.Login(a.ctx, auth.LoginInput{Email: a.emails[i], Password: password})
			return err
		}
	}
	return map[string]func() error{
		"change to a refused password":    change(right, shortPassword),
		"change with the right password":  change(right, newPassword),
		"change with a wrong password":    change(wrong, newPassword),
		"check of a password":             func() error { return a.world.CheckPassword(a.ctx, auth.CheckPasswordInput{Password: right}) },
		"confirmation with the right one": prove(right),
		"confirmation with a wrong one":   prove(wrong),
		"login with the right password":   logIn(right),
		"login with a wrong password":     logIn(wrong),
		"sign-up of an address of its own": func() error {
			_, err := a.world.Register(a.ctx, auth.RegisterInput{Email: fmt.Sprintf("more%d@x.example", i), Password: right})
			return err
		},
	}
}

// TestOneClientWithADozenAccountsShutsNobodyOut fills the queue of hashes with everything that one client can have
// hashed, five times at once for each of twelve accounts, while no hash gets done.
func TestOneClientWithADozenAccountsShutsNobodyOut(t *testing.T) {
	t.Parallel()
	w, f := gated(t, authtest.Mandatory)
	eve := newAttacker(t, w, "eve", 12)
	const owners = 18 // as many places as the attacker cannot have: 24 for all, 6 of them the share of one client
	owner := func(i int) string { return fmt.Sprintf("owner%d@lovelace.example", i) }
	for i := range owners {
		createUser(t, w, owner(i), adasPassword)
	}

	f.gate.shut()
	for i := range eve.emails {
		for _, attempt := range eve.attempts(i) {
			for range 5 {
				f.begin(attempt)
			}
		}
	}
	f.settle(t)
	if got := f.begun.Load() - f.ended.Load(); got < 1 || got > 6 {
		t.Errorf("got %d places of the attacker, want 1 to 6 of 27: a quarter", got)
	}
	if f.refused.Load() == 0 {
		t.Error("got no attempt of the attacker refused, want most of them")
	}

	others := map[string]<-chan error{}
	for i := range owners {
		address := fmt.Sprintf("203.0.113.%d", i)
		others[address] = f.begin(func() error {
			_, err := w.Login(from(t, address, phone), auth.LoginInput{Email: owner(i), Password: adasPassword})
			return err
		})
		f.settle(t)
	}
	f.gate.open()
	f.all.Wait()
	for address, came := range others {
		if err := <-came; err != nil {
			t.Errorf("the login of another from %s: got %v, want it admitted", address, err)
		}
	}
}

// TestAllPasswordsOfOneClientCountTogether lets one client with twelve accounts do, one after another and as often as
// it likes, everything that has a password hashed. The queue has room all the time.
func TestAllPasswordsOfOneClientCountTogether(t *testing.T) {
	t.Parallel()
	w, f := gated(t, authtest.Mandatory)
	w.Join(t, ada, adasPassword)
	for round, kind := range []string{
		"change to a refused password", "change with a wrong password", "check of a password",
		"confirmation with the right one", "confirmation with a wrong one", "login with the right password", "login with a wrong password",
	} {
		t.Run(kind, func(t *testing.T) {
			w.Clock.Advance(time.Hour)
			eve := newAttacker(t, w, fmt.Sprintf("eve%d.", round), 12)
			before := f.gate.made.Load()
			for range 10 {
				for i := range eve.emails {
					_ = eve.attempts(i)[kind]()
				}
			}
			if made := f.gate.made.Load() - before; made > 30 {
				t.Errorf("got %d hashes made within a minute, want at most 30", made)
			}
			_, err := w.Login(from(t, "203.0.113.1", phone), auth.LoginInput{Email: ada, Password: adasPassword})
			must(t, err)
		})
	}
}

// TestAKnownDeviceGetsThroughAFlood fills the queue from more networks than it has places. The owner's device is
// known to the account; that of another user is not, and has to wait for the end of the flood.
func TestAKnownDeviceGetsThroughAFlood(t *testing.T) {
	t.Parallel()
	w, f := gated(t, authtest.Mandatory)
	w.Join(t, ada, adasPassword)
	logIn := func(address string) func() error {
		return func() error {
			_, err := w.Login(from(t, address, laptop), auth.LoginInput{Email: ada, Password: adasPassword})
			return err
		}
	}
	must(t, logIn("192.0.2.1")())

	f.gate.shut()
	for i := range 60 {
		f.begin(func() error {
			_, err := w.Login(from(t, fmt.Sprintf("2001:db8:%x::1", i), laptop), auth.LoginInput{Email: fmt.Sprintf("u%d@x.example", i), Password: wrongPassword})
			return err
		})
	}
	f.settle(t)
	if waiting := w.Hasher.Waiting(); waiting != 23 {
		t.Fatalf("got %d who wait, want 23: the line is full", waiting)
	}
	failed(t, logIn("192.0.2.2")(), auth.RateLimited)

	owner := f.begin(logIn("192.0.2.1"))
	f.settle(t)
	if waiting := w.Hasher.Waiting(); waiting != 24 {
		t.Errorf("got %d who wait, want 24: the owner has a place of a known device", waiting)
	}
	f.gate.open()
	f.all.Wait()
	if err := <-owner; err != nil {
		t.Errorf("the login of the owner: got %v, want it admitted", err)
	}
}
