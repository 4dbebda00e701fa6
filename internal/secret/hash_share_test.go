package secret_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// gate is a hasher whose hashes are made only when they are let through, and who asked for them.
type gate struct {
	hasher  *secret.Hasher
	pass    chan struct{}
	mu      sync.Mutex
	refused map[string]int
	made    []string // the passwords, in the order in which their turns came
	asked   sync.WaitGroup
}

func newGate(t *testing.T, atOnce, waiting int) *gate {
	g := &gate{pass: make(chan struct{}), refused: map[string]int{}}
	g.hasher = newHasher(t, cheap, secret.WithLimits(atOnce, waiting, time.Hour),
		secret.WithDerive(func(password, _ []byte, _ secret.Params, length uint32) []byte {
			g.mu.Lock()
			g.made = append(g.made, string(password))
			g.mu.Unlock()
			<-g.pass
			return make([]byte, length)
		}))
	return g
}

// ask asks for a hash under a name, and returns when it waits, works or was refused.
func (g *gate) ask(ctx context.Context, name string, client secret.HashClient) {
	g.asked.Go(func() {
		if _, err := g.hasher.Hash(secret.ForHashClient(ctx, client), secret.Text(name)); errors.Is(err, secret.ErrBusy) {
			g.mu.Lock()
			g.refused[name]++
			g.mu.Unlock()
		}
	})
	synctest.Wait()
}

func client(networks ...string) secret.HashClient { return secret.HashClient{Networks: networks} }

// TestOneClientHasAShareOfTheQueue floods a queue of 40 places and 5 for known clients.
func TestOneClientHasAShareOfTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, 1, 34) // and 5 for known clients: 40
		for range 100 {
			g.ask(t.Context(), "flood", client("192.0.2.1"))
		}
		if g.refused["flood"] != 90 {
			t.Errorf("got %d of 100 of one client refused, want 90: a quarter of 40 places", g.refused["flood"])
		}
		for i := range 12 {
			g.ask(t.Context(), "network", client(fmt.Sprint("2001:db8:0:", i), "2001:db8:0"))
			g.ask(t.Context(), "network", client(fmt.Sprint("2001:db8:0:", i), "2001:db8:0"))
		}
		if g.refused["network"] != 4 {
			t.Errorf("got %d of 24 of one network refused, want 4: half of 40 places", g.refused["network"])
		}
		if err := g.hasher.Room(secret.ForHashClient(t.Context(), client("192.0.2.1"))); !errors.Is(err, secret.ErrBusy) {
			t.Errorf("got %v for another hash of the client, want ErrBusy", err)
		}
		for i := range 20 { // 5 places are left
			g.ask(t.Context(), "other", client(fmt.Sprint("198.51.100.", i)))
		}
		if g.refused["other"] != 15 {
			t.Errorf("got %d of 20 others refused, want 15", g.refused["other"])
		}
		known := secret.HashClient{Networks: []string{"203.0.113.1"}, Known: true}
		g.ask(t.Context(), "known", known)
		if g.refused["known"] != 0 {
			t.Error("got a known client refused, want it in the queue")
		}
		g.pass <- struct{}{}
		synctest.Wait()
		if want := []string{"flood", "known"}; !slices.Equal(g.made, want) {
			t.Errorf("got turns in the order %q, want %q", g.made, want)
		}
		close(g.pass)
		g.asked.Wait()
		g.ask(t.Context(), "after", client("192.0.2.1"))
		if g.refused["after"] != 0 || g.hasher.Waiting() != 0 {
			t.Error("got a share that was not given back, want all places free")
		}
	})
}

// TestNoOrderOfHashesBreaksTheShare asks for and finishes hashes of any clients in any order, some of which give up.
func TestNoOrderOfHashesBreaksTheShare(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		atOnce, waiting := rapid.IntRange(1, 4).Draw(r, "at once"), rapid.IntRange(0, 20).Draw(r, "waiting")
		steps := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 80).Draw(r, "steps")
		known := (waiting + 7) / 8
		share := max(1, (atOnce+waiting+known)/4)
		synctest.Test(t, func(t *testing.T) {
			g := newGate(t, atOnce, waiting)
			var mu sync.Mutex
			held, giveUp := map[string]int{}, map[string]context.CancelFunc{}
			for i, step := range steps {
				name := fmt.Sprint("client ", step%4)
				switch {
				case step < 8:
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					giveUp[name] = cancel
					g.asked.Go(func() {
						c := secret.HashClient{Networks: []string{name}, Known: step > 5}
						mu.Lock()
						held[name]++
						mu.Unlock()
						_, _ = g.hasher.Hash(secret.ForHashClient(ctx, c), secret.Text(name))
						mu.Lock()
						held[name]--
						mu.Unlock()
					})
				case step == 8 && len(g.made) > 0:
					select {
					case g.pass <- struct{}{}:
					default:
					}
				default:
					if cancel := giveUp[fmt.Sprint("client ", i%4)]; cancel != nil {
						cancel()
					}
				}
				synctest.Wait()
				if g.hasher.Waiting() > waiting+known {
					t.Fatalf("got %d who wait, want at most %d", g.hasher.Waiting(), waiting+known)
				}
				for name, n := range held {
					if n > share {
						t.Fatalf("got %d places of %s, want at most %d", n, name, share)
					}
				}
			}
			close(g.pass)
			g.asked.Wait()
			if g.hasher.Waiting() != 0 {
				t.Errorf("got %d who wait, want none", g.hasher.Waiting())
			}
		})
	})
}

// knownClient is a known client with an address of its own.
func knownClient(i int) secret.HashClient {
	return secret.HashClient{Networks: []string{fmt.Sprint("203.0.113.", i)}, Known: true}
}

// TestTheLineOfKnownDevicesIsBounded fills both lines: known clients that find no room in theirs wait with all.
func TestTheLineOfKnownDevicesIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, 1, 8) // and one for known clients
		for i := range 9 {
			g.ask(t.Context(), "all", client(fmt.Sprint("198.51.100.", i)))
		}
		for i := range 3 {
			g.ask(t.Context(), "known", knownClient(i))
		}
		if g.refused["all"] != 0 || g.refused["known"] != 2 {
			t.Errorf("got %d of 9 and %d of 3 known ones refused, want none and 2", g.refused["all"], g.refused["known"])
		}
		close(g.pass)
		g.asked.Wait()
	})
}

// TestTurnsAlternateBetweenTheLines has three known clients and three others wait.
func TestTurnsAlternateBetweenTheLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, 1, 24) // and 3 for known clients
		g.ask(t.Context(), "first", client("192.0.2.1"))
		for i := range 3 {
			g.ask(t.Context(), "other", client(fmt.Sprint("198.51.100.", i)))
		}
		for i := range 3 {
			g.ask(t.Context(), "known", knownClient(i))
		}
		close(g.pass)
		g.asked.Wait()
		if want := []string{"first", "known", "other", "known", "other", "known", "other"}; !slices.Equal(g.made, want) {
			t.Errorf("got turns in the order %q, want %q", g.made, want)
		}
	})
}

// TestWhoeverLeavesGivesTheShareBack has a client give up its whole share while it waits.
func TestWhoeverLeavesGivesTheShareBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, 1, 16) // and 2 for known clients: 19, and a share of 4
		g.ask(t.Context(), "first", client("198.51.100.1"))
		leaving, leave := context.WithCancel(t.Context())
		for range 5 {
			g.ask(leaving, "leaving", client("192.0.2.1"))
		}
		leave()
		synctest.Wait()
		g.ask(t.Context(), "again", client("192.0.2.1"))
		if g.refused["leaving"] != 1 || g.refused["again"] != 0 {
			t.Errorf("got %d of 5 refused and then %d of 1, want 1 and none", g.refused["leaving"], g.refused["again"])
		}
		close(g.pass)
		g.asked.Wait()
	})
}
