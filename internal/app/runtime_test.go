package app

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// watched is what a hashGC acts upon, and remembers what was done.
type watched struct {
	mu      sync.Mutex
	percent int
	did     []string
	idle    bool // whether there is something to trim
}

// Release implements hashMemory.
func (w *watched) Release() { w.do("release") }

// Trim implements hashMemory.
func (w *watched) Trim() bool {
	w.do("trim")
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { w.idle = false }()
	return w.idle
}

func (w *watched) do(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.did = append(w.did, what)
}

func (w *watched) setPercent(p int) (before int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, w.percent = w.percent, p
	return before
}

// want fails the test unless this is the percentage and what was done since it was called last.
func (w *watched) want(t *testing.T, when string, percent int, did ...string) {
	t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.percent != percent || !slices.Equal(w.did, did) {
		t.Errorf("%s: percentage %d and %v, want %d and %v", when, w.percent, w.did, percent, did)
	}
	w.did = nil
}

// watchGC runs a hashGC until stop is called.
func watchGC(t *testing.T) (g *hashGC, w *watched, stop func()) {
	t.Helper()
	w = &watched{percent: 100}
	g = newHashGC(func(string) string { return "" }, w)
	g.setPercent, g.free = w.setPercent, func() { w.do("free") }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- g.run(ctx) }()
	return g, w, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestGarbageIsKeptLowWhileHashesAreMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, w, stop := watchGC(t)
		w.want(t, "at first", 100)
		g.hashed(t.Context(), secret.HashWork{Err: secret.ErrBusy})
		w.want(t, "after one that was refused", 100)
		g.hashed(t.Context(), secret.HashWork{})
		w.want(t, "after one", percentWhileHashing)
		<-time.After(hashingOverAfter - time.Second) // of the bubble, and so at once
		g.hashed(t.Context(), secret.HashWork{})
		<-time.After(hashingOverAfter - time.Second)
		w.want(t, "soon after another one", percentWhileHashing, "trim")
		<-time.After(2 * hashingOverAfter)
		w.want(t, "when it is over", 100, "release", "free")
		g.hashed(t.Context(), secret.HashWork{})
		w.want(t, "when it begins anew", percentWhileHashing)
		stop()
		w.want(t, "at the end", 100)
	})
}

func TestMemoryOfABusierTimeGoesWhileSomebodyLogsInNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, w, stop := watchGC(t)
		defer stop()
		w.idle = true
		g.hashed(t.Context(), secret.HashWork{})
		for range 4 {
			<-time.After(hashingOverAfter - time.Millisecond)
			g.hashed(t.Context(), secret.HashWork{})
		}
		w.want(t, "while there are hashes", percentWhileHashing, "trim", "free", "trim", "trim")
	})
}

func TestThePercentageIsTheOperators(t *testing.T) {
	for _, variable := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Run(variable, func(t *testing.T) {
			defer debug.SetGCPercent(debug.SetGCPercent(100))
			g := newHashGC(func(name string) string {
				if name == variable {
					return "1000"
				}
				return ""
			}, &watched{})
			g.setPercent(percentWhileHashing)
			if now := debug.SetGCPercent(100); now != 100 {
				t.Errorf("the percentage is %d although %s is set", now, variable)
			}
		})
	}
}

func TestHashesHaveThreadsOfTheirOwn(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	doubleGOMAXPROCS(func(string) string { return "3" })
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("with GOMAXPROCS set there are %d threads, want the %d there were", got, before)
	}
	doubleGOMAXPROCS(func(string) string { return "" })
	if got := runtime.GOMAXPROCS(0); got != 2*before {
		t.Errorf("there are %d threads, want %d", got, 2*before)
	}
}

func TestGarbageHasRoomUnlessTheOperatorDecides(t *testing.T) {
	for _, variable := range []string{"GOGC", "GOMEMLIMIT"} {
		ballast := newBallast(func(name string) string {
			if name == variable {
				return "100"
			}
			return ""
		})
		if ballast != nil {
			t.Errorf("there are %d bytes of ballast although %s is set", len(ballast), variable)
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	ballast := newBallast(func(string) string { return "" })
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	if stats.NextGC < 2*ballastSize {
		t.Errorf("the collector runs at %d bytes, want at least %d", stats.NextGC, 2*ballastSize)
	}
	runtime.KeepAlive(ballast)
}
