package auth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// timer is what a Cleaner waits with: it says for how long, and goes on when it is told.
type timer struct {
	waits chan time.Duration
	goOn  chan time.Time
}

// cleaner runs a Cleaner on a world until the test ends, and returns its timer and its log, which is
// whole while it waits.
func cleaner(t *testing.T, w *authtest.World) (timer, *bytes.Buffer) {
	t.Helper()
	at := timer{waits: make(chan time.Duration), goOn: make(chan time.Time)}
	var log bytes.Buffer
	c := auth.NewCleaner(w.Service, slog.New(slog.NewTextHandler(&log, nil)), func(d time.Duration) <-chan time.Time {
		at.waits <- d
		return at.goOn
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	var once sync.Once
	t.Cleanup(func() {
		once.Do(cancel)
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	return at, &log
}

// expiredLink makes a link that has expired, and returns whether it is still there.
func expiredLink(t *testing.T, w *authtest.World) (there func() bool) {
	t.Helper()
	digest := secret.Digest(secret.NewToken(secret.ResetToken))
	must(t, w.Store.CreateToken(t.Context(), &auth.OneTimeToken{
		Digest: digest, Purpose: auth.PurposeReset, UserID: reload(t, w, ada).ID, CreatedAt: w.Clock.Now(), ExpiresAt: w.Clock.Now(),
	}))
	return func() bool {
		_, err := w.Store.TokenByDigest(t.Context(), auth.PurposeReset, digest)
		if err != nil && !errors.Is(err, auth.ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil
	}
}

func TestCleanerCleansUpFromTimeToTime(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	at, log := cleaner(t, w)
	if first := <-at.waits; first < 0 || first >= time.Minute {
		t.Errorf("the first turn is after %v", first)
	}
	for range 20 {
		there := expiredLink(t, w)
		at.goOn <- time.Time{}
		if next := <-at.waits; next < 9*time.Minute || next > 11*time.Minute {
			t.Errorf("the next turn is after %v", next)
		}
		if there() {
			t.Error("what has expired is left")
		}
	}
	if !strings.Contains(log.String(), "level=INFO msg=\"cleaned up\" removed.links=1\n") {
		t.Errorf("the log is %s", log)
	}
}

func TestOneReplicaCleansUp(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		w.Join(t, ada, adasPassword)
		first, _ := cleaner(t, w)
		second, _ := cleaner(t, w.Replica(authtest.Difference{}))
		<-first.waits
		<-second.waits
		turn := func(at timer) {
			at.goOn <- time.Time{}
			<-at.waits
		}

		turn(first)
		there := expiredLink(t, w)
		w.Clock.Advance(7 * time.Minute)
		turn(second)
		if !there() {
			t.Error("the other cleans up too")
		}
		w.Clock.Advance(2 * time.Minute)
		turn(second) // the first has not come back
		if there() {
			t.Error("nobody cleans up when one replica is gone")
		}
		there = expiredLink(t, w)
		turn(first)
		if !there() {
			t.Error("the first cleans up too, though the second does now")
		}
	})
}

func TestAFailedCleanUpIsToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	at, log := cleaner(t, w.Replica(authtest.Difference{Store: failing{w.Store, auth.ExpiredTokens}}))
	for range 2 {
		<-at.waits
		at.goOn <- time.Time{}
	}
	<-at.waits
	if n := strings.Count(log.String(), "level=ERROR msg=\"clean-up failed\" error=\"clean up links: stuck\""); n != 2 {
		t.Errorf("it is told %d times: %s", n, log)
	}
}
