package secret

import (
	"context"
	"fmt"
)

// levelMost is how many times as dear as a new hash a mismatch becomes at most. It is enough for 64 MiB in 3
// passes beside DefaultParams, and a line of waitingPerCPU still moves. A hash that is dearer stands apart, see Learn:
// one with absurd costs must not make every login slow.
const levelMost = 6

// raise makes the level at least that of a hash with these costs, if they are within levelMost, and reports
// whether they are.
func (h *Hasher) raise(p Params) bool {
	if p.work() > levelMost*h.params.work() {
		return false
	}
	for {
		level := h.level.Load()
		if p.work() <= level.work() || h.level.CompareAndSwap(level, &p) {
			return true
		}
	}
}

// Equalize does what Verify does beyond the comparison itself when the password does not match. It is for a
// caller who refuses a password that matches, and must not be told apart from one whose password does not.
func (h *Hasher) Equalize(ctx context.Context, hash, password Text) error {
	s, err := h.read(hash)
	if err != nil {
		return fmt.Errorf("equalize a password: %w", err)
	}
	return h.equalizeCost(ctx, password, s.madeUp(h.standsApart(s)))
}

// madeUp returns the costs that count for the level. A hash that stands apart counts for nothing: so that its work is that
// of a comparison with a decoy, and of one with nobody's hash or a sign-up's besides.
func (s stored) madeUp(apart bool) Params {
	if apart {
		return Params{}
	}
	return s.params
}

// equalizeCost does the work that a comparison with a hash of these costs has saved against the level, nearly. It
// takes the memory and the lanes of the dearest hash, because memory that is not kept costs time to get: the
// same work in more passes over less of it is faster.
func (h *Hasher) equalizeCost(ctx context.Context, password Text, done Params) error {
	level, then := h.level.Load(), done.work()
	if then >= level.work() {
		return nil
	}
	missing, memory := level.work()-then, uint64(level.MemoryKiB)
	filler := h.nobody
	filler.params.Parallelism = level.Parallelism
	filler.params.Passes = uint32((missing + memory - 1) / memory)
	filler.params.MemoryKiB = max(uint32(missing/uint64(filler.params.Passes)), 8*uint32(level.Parallelism))
	_, err := h.sum(ctx, password, filler, sumLength)
	return err
}
