package secret

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// ErrBusy is returned when so many hashes are waiting that this one would not be done in time.
var ErrBusy = errors.New("password hashing is at its limit")

// ErrMismatch is in an error of Verify that came after the comparison, which was a mismatch: whoever
// counts wrong passwords has to count this one.
var ErrMismatch = errors.New("the password is another one")

// BusyRetryAfter is when a caller who got ErrBusy may try again.
const BusyRetryAfter = 2 * time.Second

// How long a caller waits for a turn before ErrBusy, and how many do. A hash takes about 25 ms of a
// CPU, so those who wait behind 24 others get their turn in time, and everybody is told within 1 s.
const (
	longestWait   = 750 * time.Millisecond
	waitingPerCPU = 24
)

// Lengths of the salt and of the hash of new hashes, in bytes (RFC 9106, 3.1 and 4).
const (
	saltLength = 16
	sumLength  = 32
)

// Params are the costs of a password hash (argon2id). Memory is 8 KiB for each lane to 1 GiB,
// Passes and Parallelism are 1 to 64.
type Params struct {
	MemoryKiB   uint32
	Passes      uint32
	Parallelism uint8
}

// DefaultParams are the least that the OWASP Password Storage Cheat Sheet recommends for argon2id.
var DefaultParams = Params{MemoryKiB: 19 * 1024, Passes: 2, Parallelism: 1}

// check returns an error that names what is out of bounds.
func (p Params) check() error {
	switch {
	case p.Passes < 1 || p.Passes > maxPasses:
		return fmt.Errorf("argon2id: %d passes, not 1 to %d", p.Passes, maxPasses)
	case p.Parallelism < 1 || p.Parallelism > maxParallelism:
		return fmt.Errorf("argon2id: parallelism of %d, not 1 to %d", p.Parallelism, maxParallelism)
	case p.MemoryKiB < 8*uint32(p.Parallelism) || p.MemoryKiB > maxMemoryKiB:
		return fmt.Errorf("argon2id: %d KiB of memory, not 8 for each lane to %d", p.MemoryKiB, maxMemoryKiB)
	}
	return nil
}

// Hasher makes and checks password hashes, a bounded number at once, in the order in which they
// are asked for. One client, see ForHashClient, has a share of its queue at most. It keeps the memory that they
// were made in until Release. It is safe for concurrent use.
type Hasher struct {
	params Params
	queue  *hashQueue
	nobody phc                    // what an empty hash is checked against
	level  atomic.Pointer[Params] // of the dearest hash: every mismatch costs its work
	crowd  atomic.Pointer[crowd]  // of the hashes that no level makes up for
	spaces workspaces
	derive func(password, salt []byte, p Params, length uint32) []byte

	unlearned chan struct{}
	metMu     sync.Mutex
	met       map[string]struct{} // classes that were announced by unlearned

	observers []HashObserver
}

// Option changes how a Hasher works.
type Option func(*Hasher) error

// WithLimits sets how many hashes are made at once (at least 1), how many callers wait for their
// turn, and for how long at most. By default they are one for each CPU that the program may use, 24
// waiting for each of those, and 750 ms.
func WithLimits(atOnce, waiting int, maxWait time.Duration) Option {
	return func(h *Hasher) error {
		if atOnce < 1 || waiting < 0 || maxWait < 0 {
			return fmt.Errorf("password hasher: limits of %d at once, %d waiting and %v", atOnce, waiting, maxWait)
		}
		h.queue = newHashQueue(atOnce, waiting, maxWait)
		return nil
	}
}

// NewHasher returns a hasher with these costs for new hashes. The error names the cost or limit that
// is out of bounds.
func NewHasher(p Params, options ...Option) (*Hasher, error) {
	if err := p.check(); err != nil {
		return nil, err
	}

	// GOMAXPROCS, not NumCPU: it is less where a container is given less, and so must be the memory.
	cpus := runtime.GOMAXPROCS(0)
	h := &Hasher{
		params: p,
		queue:  newHashQueue(cpus, waitingPerCPU*cpus, longestWait),
		nobody: phc{params: p, salt: randomBytes(saltLength), sum: randomBytes(sumLength)},
		spaces: workspaces{blocks: p.MemoryKiB}, unlearned: make(chan struct{}, 1), met: map[string]struct{}{},
	}
	h.level.Store(&p)
	h.crowd.Store(&crowd{})
	h.derive = h.spaces.derive
	for _, option := range options {
		if err := option(h); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// Room returns ErrBusy if a hash that is asked for now is refused, and counts as one then: for whoever
// has other work to do first, which would be for nothing.
func (h *Hasher) Room(ctx context.Context) error {
	if !h.queue.full(hashClientFrom(ctx)) {
		return nil
	}
	watch := h.watch()
	watch.turn(ctx, ErrBusy)
	return ErrBusy
}

// Hash returns the hash of a password in the PHC string format, with a new salt. It returns ErrBusy
// when its turn would not come in time, at once if too many are waiting already, and the error of
// ctx when that ends first. A hash that has begun is finished.
func (h *Hasher) Hash(ctx context.Context, password Text) (Text, error) {
	made := phc{params: h.params, salt: randomBytes(saltLength)}

	var err error
	if made.sum, err = h.sum(ctx, password, made, sumLength); err != nil {
		return "", err
	}
	return Text(made.text()), nil
}

// Verify reports whether password is the one that hash was made of and, if it is, whether the hash
// is outdated: made with other costs than new ones are, or by another program. An empty hash is nobody's: it takes the
// same work, and never matches. Errors: ErrHash, see Readable, and those of Hash, with ErrMismatch if it is known
// already that the password is wrong.
func (h *Hasher) Verify(ctx context.Context, hash, password Text) (match, outdated bool, err error) {
	s := stored{phc: h.nobody}
	if hash != "" {
		if s, err = h.read(hash); err != nil {
			return false, false, fmt.Errorf("verify password: %w", err)
		}
	}
	apart := h.standsApart(s)
	match, err = h.matches(ctx, s, password)
	if err != nil {
		return false, false, err
	}
	match = match && hash != ""
	if !match {
		if err := h.equalizeCost(ctx, password, s.madeUp(apart)); err != nil {
			return false, false, fmt.Errorf("%w, and then: %w", ErrMismatch, err)
		}
	}
	return match, match && h.outdated(s), nil
}

// Spend takes the work of a comparison with a decoy, and nothing of what Verify does beyond that.
func (h *Hasher) Spend(ctx context.Context, decoy, password Text) error {
	s, err := h.read(decoy)
	if err != nil {
		return fmt.Errorf("spend the work of a comparison: %w", err)
	}
	_, err = h.matches(ctx, s, password)
	return err
}

// Release gives up the memory that is kept for the next hashes. It may be called at any time.
func (h *Hasher) Release() { h.spaces.release() }

// Trim gives up what of that memory no hash has needed since Trim was called last, and reports whether
// there is memory for the system since then. It may be called at any time.
func (h *Hasher) Trim() bool { return h.spaces.trim() }

// work is what a hash costs: the memory gone through in all passes together, in KiB.
func (p Params) work() uint64 { return uint64(p.MemoryKiB) * uint64(p.Passes) }

// sum waits for a turn and derives length bytes from the password with the salt and the costs of
// like.
func (h *Hasher) sum(ctx context.Context, password Text, like phc, length int) ([]byte, error) {
	watch := h.watch()
	turn, err := h.queue.take(ctx, h.demandOf(like.params))
	watch.turn(ctx, err)
	if err != nil {
		return nil, err
	}
	defer h.queue.give(turn)

	sum := h.derive([]byte(password), like.salt, like.params, uint32(length))
	watch.done(ctx, like.params.work())
	return sum, nil
}

// demandOf returns how much of the queue one of our own hashes takes: one turn and one place within the level.
func (h *Hasher) demandOf(p Params) demand {
	if p.work() <= levelMost*h.params.work() {
		return demand{turns: 1, places: 1}
	}
	return h.demand(uint64(p.MemoryKiB), p.work())
}

func (h *Hasher) outdated(stored stored) bool {
	return stored.foreign != nil || stored.wrapping != "" || stored.params != h.params || len(stored.salt) < saltLength || len(stored.sum) < sumLength
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return b
}
