package app

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// tuneRuntime is the switch for everything that the server does to Go's runtime, all of which is in this
// file. With false it runs as Go comes. Each part was measured on two processors:
//
//   - GOMAXPROCS is doubled after the hasher has taken its size from it. A hash computes for 25 ms without
//     a pause. With as many threads as processors, a request waits in Go's scheduler behind a hash; with
//     more, the operating system lets the request run first. In a flood of logins, on a busy machine, `me`
//     took 1.4 ms in the median instead of 18, and no fewer logins were answered (six alternating runs).
//   - A ballast of 8 MiB, never touched and so without memory of its own, makes the collector run a third
//     as often. The server has some 4 MiB in use, and Go collects whenever that has doubled. A request
//     takes 72 µs of a processor instead of 92 (BenchmarkEdge).
//   - GOGC is 30 while passwords are hashed: the 19 MiB of each hash count as in use, and would let as much
//     garbage lie about. A flood of logins takes 90 MiB instead of 124, and requests no more of a processor
//     than without hashes (66 ms for 1,000; 90 ms with GOGC=10).
//   - The memory of a hash is kept for the next one (go:linkname, in internal/secret/argon2id.go), and goes
//     back to the system 3 s after the last. A login takes 31 ms of a processor instead of 44.
//
// GOMAXPROCS, GOGC and GOMEMLIMIT belong to the operator: if one is set, its part stays as it is.
const tuneRuntime = true

const (
	ballastSize         = 8 << 20 // bytes
	percentWhileHashing = 30      // GOGC
	hashingOverAfter    = 3 * time.Second
)

// hasherOptions are those of the server's hasher.
func hasherOptions() []secret.Option {
	if tuneRuntime {
		return nil
	}
	return []secret.Option{secret.WithFreshMemory()}
}

// tuning is what keeps the runtime tuned while the server runs.
type tuning struct {
	ballast []byte
	gc      *hashGC // nil: none
}

// tune prepares the runtime for a server with this hasher, which must not have been used yet.
func tune(getenv func(string) string, hasher *secret.Hasher) *tuning {
	if !tuneRuntime {
		return &tuning{}
	}
	doubleGOMAXPROCS(getenv)
	t := &tuning{ballast: newBallast(getenv), gc: newHashGC(getenv, hasher)}
	hasher.Observe(t.gc.hashed)
	return t
}

// run keeps the runtime tuned until ctx ends.
func (t *tuning) run(ctx context.Context) error {
	defer runtime.KeepAlive(t.ballast)
	if t.gc == nil {
		<-ctx.Done()
		return nil
	}
	return t.gc.run(ctx)
}

func doubleGOMAXPROCS(getenv func(string) string) {
	if getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0))
	}
}

// newBallast returns memory that must be kept and never touched. The collector counts it as in use; the
// operating system gives no page for it.
func newBallast(getenv func(string) string) []byte {
	if getenv("GOGC") != "" || getenv("GOMEMLIMIT") != "" {
		return nil
	}
	return make([]byte, ballastSize)
}

// hashGC sets a lower GOGC while hashes are made, and gives their memory back afterwards.
type hashGC struct {
	begun      time.Time    // monotonic
	last       atomic.Int64 // when the last hash was made, in nanoseconds since begun
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

// newHashGC is for the memory of a hasher. If GOGC or GOMEMLIMIT is set, it leaves the percentage alone.
func newHashGC(getenv func(string) string, memory hashMemory) *hashGC {
	g := &hashGC{begun: time.Now(), made: make(chan struct{}, 1), setPercent: debug.SetGCPercent, memory: memory, free: debug.FreeOSMemory}
	if getenv("GOGC") != "" || getenv("GOMEMLIMIT") != "" {
		g.setPercent = func(int) int { return 0 }
	}
	return g
}

// hashed is a secret.HashObserver.
func (g *hashGC) hashed(_ context.Context, work secret.HashWork) {
	if work.Err != nil {
		return // no hash was made
	}
	g.last.Store(int64(time.Since(g.begun)))
	select {
	case g.made <- struct{}{}:
	default: // the last notice was not read yet
	}
}

// run follows the hashes until ctx ends.
func (g *hashGC) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-g.made:
			if g.left() <= 0 {
				continue // an old notice, which came during the work on the one before
			}
		}
		before := g.setPercent(percentWhileHashing)
		over := g.untilOver(ctx)
		g.setPercent(before)
		if !over {
			return nil
		}
		g.memory.Release()
		g.free()
	}
}

// left is how long until hashing counts as over, if there are no more hashes.
func (g *hashGC) left() time.Duration {
	return time.Duration(g.last.Load()) + hashingOverAfter - time.Since(g.begun)
}

// untilOver waits until no hash has been made for a while, and reports false if ctx ended first. Meanwhile
// it gives back what a busier time has left: a server may never be without logins for that long.
func (g *hashGC) untilOver(ctx context.Context) bool {
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
