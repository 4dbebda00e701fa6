package main

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestGarbageIsKeptLowWhileHashesAreMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			mu      sync.Mutex
			percent = 100
			did     []string
		)
		g := newHashGarbage(func(string) string { return "" }, func() {
			mu.Lock()
			defer mu.Unlock()
			did = append(did, "release")
		})
		g.setPercent = func(p int) int {
			mu.Lock()
			defer mu.Unlock()
			before := percent
			percent = p
			return before
		}
		g.free = func() {
			mu.Lock()
			defer mu.Unlock()
			did = append(did, "free")
		}
		want := func(when string, wantPercent int, wantDid ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if percent != wantPercent || !slices.Equal(did, wantDid) {
				t.Errorf("%s: percentage %d and %v, want %d and %v", when, percent, did, wantPercent, wantDid)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- g.run(ctx) }()

		want("at first", 100)
		g.hashed(ctx, secret.HashWork{Err: secret.ErrBusy})
		want("after one that was refused", 100)
		g.hashed(ctx, secret.HashWork{})
		want("after one", gcWhileHashing)
		<-time.After(hashingIsOver - time.Second) // of the bubble, and so at once
		g.hashed(ctx, secret.HashWork{})
		<-time.After(hashingIsOver - time.Second)
		want("soon after another one", gcWhileHashing)
		<-time.After(2 * hashingIsOver)
		want("when it is over", 100, "release", "free")
		g.hashed(ctx, secret.HashWork{})
		want("when it begins anew", gcWhileHashing, "release", "free")
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		want("at the end", 100, "release", "free")
	})
}

func TestHashesHaveThreadsOfTheirOwn(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	giveHashesTheirOwn(func(string) string { return "3" })
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("with GOMAXPROCS set there are %d threads, want the %d there were", got, before)
	}
	giveHashesTheirOwn(func(string) string { return "" })
	if got := runtime.GOMAXPROCS(0); got != 2*before {
		t.Errorf("there are %d threads, want %d", got, 2*before)
	}
}
