package auth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// TestLoweredCostsTellNoAccount: after an operator has lowered the costs of hashes, a login is the same work for an
// account with an old hash, one with a new hash, a sign-up and nobody.
func TestLoweredCostsTellNoAccount(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		dear := authtest.NewWithHasher(t, store, authtest.Unlimited(authtest.Mandatory), secret.Params{MemoryKiB: 256, Passes: 3, Parallelism: 1})
		dear.Join(t, "old@x.example", adasPassword)
		signUp(t, dear, "old-sign-up@x.example", adasPassword)

		hasher, work := authtest.Hasher(t, secret.Params{MemoryKiB: 64, Passes: 2, Parallelism: 1}), new(atomic.Uint64)
		hasher.Observe(func(_ context.Context, done secret.HashWork) { work.Add(done.KiB) })
		dear.Letters(t)
		w := dear.Replica(authtest.Difference{Hasher: hasher})
		told, err := w.LearnPasswordCosts(t.Context())
		must(t, err)
		if told != 0 {
			t.Errorf("got %d costs that are told, want none", told)
		}
		w.Join(t, "new@x.example", adasPassword)
		signUp(t, w, "sign-up@x.example", adasPassword)

		for _, c := range []struct {
			email    string
			password secret.Text
		}{
			{nobody, wrongPassword},
			{"old@x.example", wrongPassword},
			{"new@x.example", wrongPassword},
			{"sign-up@x.example", wrongPassword},
			{"old-sign-up@x.example", wrongPassword},
			{"sign-up@x.example", adasPassword},
			{"old-sign-up@x.example", adasPassword},
		} {
			work.Store(0)
			if logsIn(t, w, c.email, c.password) {
				t.Fatalf("%s: got a login, want none", c.email)
			}
			if got := work.Load(); got < 758 || got > 778 {
				t.Errorf("%s: got %d KiB of work for a refusal, want 768", c.email, got)
			}
		}

		if !logsIn(t, w, "old@x.example", adasPassword) {
			t.Fatal("got a refusal, want a login with the old hash")
		}
		work.Store(0)
		if !logsIn(t, w, "old@x.example", adasPassword) || work.Load() != 128 {
			t.Errorf("got %d KiB of work for the login after that, want 128: its hash is a new one", work.Load())
		}
	})
}

// slowHashes is a store that cannot read all hashes the first two times, as when that takes longer than a statement
// may, and calls learned when it has read them the second time.
type slowHashes struct {
	auth.Store
	calls   int
	learned func()
}

func (s *slowHashes) PasswordCosts(ctx context.Context) ([]secret.HashClass, error) {
	if s.calls++; s.calls < 3 {
		return nil, errors.New("canceling statement due to statement timeout")
	}
	if s.calls == 4 {
		defer s.learned()
	}
	return s.Store.PasswordCosts(ctx)
}

func TestCostsAreReadEveryHourAndSoonerAfterAFault(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	w := mandatory(t)
	store := &slowHashes{Store: w.Store, learned: cancel}
	var log bytes.Buffer
	var waited []time.Duration
	learner := auth.NewCostLearner(w.Replica(authtest.Difference{Store: store}).Service, slog.New(slog.NewTextHandler(&log, nil)),
		func(d time.Duration) <-chan time.Time {
			waited = append(waited, d)
			at := make(chan time.Time)
			if len(waited) > 3 {
				return at // the context has ended
			}
			close(at)
			return at
		})
	must(t, learner.Run(ctx))
	if store.calls != 4 {
		t.Errorf("got %d tries, want 4", store.calls)
	}
	if want := []time.Duration{time.Minute, time.Minute, time.Hour, time.Hour}; !slices.Equal(waited, want) {
		t.Errorf("got the waits %v, want %v", waited, want)
	}
	if got := strings.Count(log.String(), "level=WARN msg=\"cannot read what password hashes cost"); got != 2 {
		t.Errorf("got %d warnings, want 2", got)
	}
}

// TestAnImportIsLearnedWhenItIsMet: not an hour later. Each class is learned for once, however often it is met.
func TestAnImportIsLearnedWhenItIsMet(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory))
	learned := make(chan struct{}, 10)
	store := &heardHashes{Store: w.Store, learned: learned}
	never := func(time.Duration) <-chan time.Time { return nil }
	learner := auth.NewCostLearner(w.Replica(authtest.Difference{Store: store}).Service, slog.New(slog.DiscardHandler), never)
	ended := make(chan error)
	go func() { ended <- learner.Run(ctx) }()
	<-learned
	hash, err := foreign.Decoy("foreign$bcrypt:4$")
	must(t, err)
	adopt(t, w, ada, hash)
	for range 3 {
		logsIn(t, w, ada, wrongPassword)
	}
	select {
	case <-learned:
	case <-ctx.Done():
		t.Fatal("the import was not learned")
	}
	told, err := w.LearnPasswordCosts(t.Context())
	must(t, err)
	if logsIn(t, w, ada, wrongPassword) || told != 0 {
		t.Errorf("got a login, or %d classes that are told, want neither", told)
	}
	cancel()
	must(t, <-ended)
	if len(learned) > 1 {
		t.Errorf("got the costs learned %d times more, want once for each class", len(learned))
	}
}

// heardHashes is a store that says when all hashes were read.
type heardHashes struct {
	auth.Store
	learned chan<- struct{}
}

func (s *heardHashes) PasswordCosts(ctx context.Context) ([]secret.HashClass, error) {
	defer func() { s.learned <- struct{}{} }()
	return s.Store.PasswordCosts(ctx)
}
