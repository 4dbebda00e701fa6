package app

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// What hashing is kept from doing to the rest of the server.
const (
	// gcWhileHashing is the percentage of garbage beside what is in use (GOGC) while passwords are
	// hashed. What they are hashed in, 19 MiB for each at once, is kept from one to the next, and would by
	// the usual percentage let as much garbage of requests lie about. A third of it is about as much room
	// for them as they have otherwise (garbageRoom): with less, a login now and then would have
	// everything collected several times as often.
	gcWhileHashing = 30
	// hashingIsOver is how long after the last hash its memory goes back to the system, which would
	// otherwise take minutes. While there are hashes, what none of them needed for about as long goes.
	hashingIsOver = 3 * time.Second
)

// giveHashesTheirOwn lets as many threads run as hashes are made at once, beside those that there are for
// requests. A hash is 25 ms of work without a pause: with no more threads than processors, requests wait
// in the program behind it, and with more the system lets them go first. It must be called when the
// hasher has been made, which takes its size from the number of threads. Whoever sets GOMAXPROCS has
// decided.
func giveHashesTheirOwn(getenv func(string) string) {
	if getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0))
	}
}

// hashGarbage keeps garbage low while hashes are made, and gives their memory back afterwards.
type hashGarbage struct {
	begun      time.Time    // by the clock that nobody sets
	last       atomic.Int64 // when the last hash was made, in nanoseconds since then
	made       chan struct{}
	setPercent func(percent int) (before int)
	memory     hashMemory
	free       func() // to the system
}

// hashMemory is that of a secret.Hasher.
type hashMemory interface {
	Release()
	Trim() bool
}

// newHashGarbage is for a hasher's memory. Whoever sets GOGC or GOMEMLIMIT has decided: then it leaves the
// percentage alone.
func newHashGarbage(getenv func(string) string, memory hashMemory) *hashGarbage {
	g := &hashGarbage{begun: time.Now(), made: make(chan struct{}, 1), setPercent: debug.SetGCPercent, memory: memory, free: debug.FreeOSMemory}
	if getenv("GOGC") != "" || getenv("GOMEMLIMIT") != "" {
		g.setPercent = func(int) int { return 0 }
	}
	return g
}

// hashed is a secret.HashObserver.
func (g *hashGarbage) hashed(_ context.Context, work secret.HashWork) {
	if work.Err != nil {
		return // none was made
	}
	g.last.Store(int64(time.Since(g.begun)))
	select {
	case g.made <- struct{}{}:
	default: // one is told of already
	}
}

// run does its work until ctx ends.
func (g *hashGarbage) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-g.made:
			if g.left() <= 0 {
				continue // the notice is old: it came while another one was being acted upon
			}
		}
		before := g.setPercent(gcWhileHashing)
		over := g.untilOver(ctx)
		g.setPercent(before)
		if !over {
			return nil
		}
		g.memory.Release()
		g.free()
	}
}

// left is how long it takes until hashing is over if there are no more hashes.
func (g *hashGarbage) left() time.Duration {
	return time.Duration(g.last.Load()) + hashingIsOver - time.Since(g.begun)
}

// untilOver waits until no hash has been made for a while, and reports whether ctx has not ended. Meanwhile
// it gives back what a busier time has left: somebody logs in now and then all day.
func (g *hashGarbage) untilOver(ctx context.Context) bool {
	for first := true; ; first = false {
		left := g.left()
		if left <= 0 {
			return true
		}
		if !first && g.memory.Trim() {
			g.free()
		}
		timer := time.NewTimer(left)
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
		}
	}
}
