package main

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
	// hashed. What they are hashed in, 19 MiB for each processor, is in use all the time, and would by the
	// usual percentage let as much garbage of requests lie about.
	gcWhileHashing = 10
	// hashingIsOver is how long after the last hash its memory goes back to the system, which would
	// otherwise take minutes.
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
	last       atomic.Int64 // when the last hash was made, in Unix nanoseconds
	made       chan struct{}
	setPercent func(percent int) (before int)
	release    func() // from the hasher
	free       func() // to the system
}

// newHashGarbage is for a hasher whose memory release gives up. It leaves the percentage alone if the
// operator has set one by GOGC.
func newHashGarbage(getenv func(string) string, release func()) *hashGarbage {
	g := &hashGarbage{made: make(chan struct{}, 1), setPercent: debug.SetGCPercent, release: release, free: debug.FreeOSMemory}
	if getenv("GOGC") != "" {
		g.setPercent = func(int) int { return 0 }
	}
	return g
}

// hashed is a secret.HashObserver.
func (g *hashGarbage) hashed(_ context.Context, work secret.HashWork) {
	if work.Err != nil {
		return // none was made
	}
	g.last.Store(time.Now().UnixNano())
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
		g.release()
		g.free()
	}
}

// left is how long it takes until hashing is over if there are no more hashes.
func (g *hashGarbage) left() time.Duration {
	return time.Until(time.Unix(0, g.last.Load()).Add(hashingIsOver))
}

// untilOver waits until no hash has been made for a while, and reports whether ctx has not ended.
func (g *hashGarbage) untilOver(ctx context.Context) bool {
	for {
		left := g.left()
		if left <= 0 {
			return true
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
