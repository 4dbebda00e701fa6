package secret_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// All of these run in the bubble of synctest, where time passes only when everybody waits.

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in the bubble this is no waiting, it sets the clock
}

// slow makes a hash take 25 ms, and calls begin with the password when it begins.
func slow(begin func(password string)) secret.Option {
	return secret.WithDerive(func(password, _ []byte, _ secret.Params, length uint32) []byte {
		begin(string(password))
		pass(25 * time.Millisecond)
		return make([]byte, length)
	})
}

func TestAFloodIsAnsweredWithinASecond(t *testing.T) {
	t.Parallel()
	limits := map[string]secret.Option{
		"with a short queue":   secret.WithLimits(1, 24, 750*time.Millisecond),
		"with an endless one":  secret.WithLimits(1, 1000, 750*time.Millisecond),
		"with three at once":   secret.WithLimits(3, 60, 750*time.Millisecond),
		"with nobody in queue": secret.WithLimits(2, 0, 750*time.Millisecond),
	}
	for name, option := range limits {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var done, refused atomic.Int32
				hasher := newHasher(t, cheap, option, slow(func(string) {}))

				start := time.Now()
				for range 200 {
					go func() {
						switch _, err := hasher.Hash(t.Context(), "x"); {
						case err == nil:
							done.Add(1)
						case errors.Is(err, secret.ErrBusy):
							refused.Add(1)
						default:
							t.Error(err)
						}
						if waited := time.Since(start); waited > time.Second {
							t.Errorf("an answer took %v", waited)
						}
					}()
				}
				pass(time.Second)
				synctest.Wait()

				if done.Load() == 0 || refused.Load() == 0 || done.Load()+refused.Load() != 200 {
					t.Errorf("%d done and %d refused of 200", done.Load(), refused.Load())
				}
				if _, err := hasher.Hash(t.Context(), "x"); err != nil {
					t.Errorf("after the flood: %v", err)
				}
			})
		})
	}
}

func TestByDefaultAFullQueueIsWorkedOffInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var done, refused atomic.Int32
		hasher := newHasher(t, cheap, slow(func(string) {}))
		for range 10000 {
			go func() {
				start := time.Now()
				_, err := hasher.Hash(t.Context(), "x")
				if err == nil {
					done.Add(1)
					return
				}
				refused.Add(1)
				if time.Since(start) > 0 {
					t.Error("somebody waited in vain")
				}
			}()
		}
		pass(time.Second)
		synctest.Wait()
		if done.Load() < 25 || refused.Load() == 0 || done.Load()+refused.Load() != 10000 {
			t.Errorf("%d done and %d refused of 10000", done.Load(), refused.Load())
		}
	})
}

func TestNoMoreAtOnceThanAllowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var running, most int
		derive := func(_, _ []byte, _ secret.Params, length uint32) []byte {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()

			pass(time.Millisecond)

			mu.Lock()
			running--
			mu.Unlock()
			return make([]byte, length)
		}
		hasher := newHasher(t, cheap, secret.WithLimits(3, 100, time.Minute), secret.WithDerive(derive))

		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				if i%3 == 0 { // some leave the queue, which must not make room for more at once
					time.AfterFunc(time.Duration(i)*time.Microsecond, cancel)
				}
				defer cancel()
				_, _, err := hasher.Verify(ctx, "", "x")
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if most != 3 {
			t.Errorf("%d at once, want 3", most)
		}
	})
}

func TestTurnsComeInTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var began []string
		hasher := newHasher(t, cheap, secret.WithLimits(1, 10, time.Minute), slow(func(password string) {
			began = append(began, password)
		}))

		var all sync.WaitGroup
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if name == "c" {
				time.AfterFunc(10*time.Millisecond, cancel) // leaves the middle of the queue
			}
			all.Go(func() {
				if _, err := hasher.Hash(ctx, secret.Text(name)); err != nil && name != "c" {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		all.Wait()
		if want := []string{"a", "b", "d", "e"}; !slices.Equal(began, want) {
			t.Errorf("in the order %v, want %v", began, want)
		}
	})
}

func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		waiting int
		context func(context.Context) (context.Context, context.CancelFunc)
		want    error
		after   time.Duration
	}{
		{
			"at once when the queue is full", 0,
			func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
			secret.ErrBusy, 0,
		},
		{
			"after the longest wait", 1,
			func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
			secret.ErrBusy, 20 * time.Millisecond,
		},
		{
			"with its context", 1,
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 5*time.Millisecond)
			},
			context.DeadlineExceeded, 5 * time.Millisecond,
		},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hasher := newHasher(t, cheap, secret.WithLimits(1, test.waiting, 20*time.Millisecond), slow(func(string) {}))
				go func() {
					if _, err := hasher.Hash(t.Context(), "first"); err != nil {
						t.Error(err)
					}
				}()
				synctest.Wait()

				ctx, cancel := test.context(t.Context())
				defer cancel()
				start := time.Now()
				if _, err := hasher.Hash(ctx, "second"); !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				if waited := time.Since(start); waited != test.after {
					t.Errorf("after %v, want %v", waited, test.after)
				}

				pass(50 * time.Millisecond)
				if _, err := hasher.Hash(t.Context(), "third"); err != nil {
					t.Errorf("the turn was lost: %v", err)
				}
			})
		})
	}
}

func TestAContextThatHasEndedIsNotServed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newHasher(t, cheap).Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAHashThatHasBegunIsFinished(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		hasher := newHasher(t, cheap, slow(func(string) { cancel() }))
		if _, err := hasher.Hash(ctx, "x"); err != nil {
			t.Error(err)
		}
	})
}
