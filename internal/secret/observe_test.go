package secret_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestTheObserverIsToldOfHashes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var (
			mu   sync.Mutex
			told []secret.HashWork
		)
		hasher := newHasher(t, cheap, secret.WithLimits(1, 2, 30*time.Millisecond), slow(func(string) {}))
		hasher.Observe(func(_ context.Context, work secret.HashWork) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, work)
		})
		begun := time.Now()
		for range 4 { // one is made, one waits and is made, one waits in vain, and one may not wait
			go func() {
				if _, err := hasher.Hash(t.Context(), "x"); err != nil && !errors.Is(err, secret.ErrBusy) {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		if hasher.Waiting() != 2 || hasher.MostWaiting() != 2 {
			t.Errorf("%d of %d wait, want 2 of 2", hasher.Waiting(), hasher.MostWaiting())
		}
		pass(time.Second)
		if hasher.Waiting() != 0 {
			t.Errorf("%d wait in the end", hasher.Waiting())
		}

		const ms = time.Millisecond
		want := []secret.HashWork{
			{Err: secret.ErrBusy},
			{Worked: 25 * ms},
			{Waited: 30 * ms, Err: secret.ErrBusy},
			{Waited: 25 * ms, Worked: 25 * ms},
		}
		if len(told) != len(want) {
			t.Fatalf("the observer was told %+v", told)
		}
		for i, work := range told {
			want[i].Asked = begun
			if work.Asked != begun || work.Waited != want[i].Waited || work.Worked != want[i].Worked || !errors.Is(work.Err, want[i].Err) {
				t.Errorf("hash %d: the observer was told %+v, want %+v", i, work, want[i])
			}
		}
	})
}
