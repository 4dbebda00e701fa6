package secret

import (
	"context"
	"fmt"
)

// levelMost is how many times as dear as a new hash a mismatch becomes at most. It is enough for 64 MiB in 3
// passes beside DefaultParams, and a line of waitingPerCPU still moves. A hash that is dearer is not made up
// for: one with absurd costs must not make every login slow.
const levelMost = 6

// Level makes every mismatch as dear as one with the dearest of these hashes, so that its time does not tell
// an account with an older hash from one that does not exist. Hashes are given by their beginnings, as in
// "$argon2id$v=19$m=19456,t=2,p=1$"; what follows is not read. A hash that is dearer than levelMost allows
// counts for nothing. It returns how many are, and how many cannot be read, which count for nothing either.
//
// A dearer hash that Verify meets later raises the level as well. Nothing lowers it again.
func (h *Hasher) Level(beginnings []string) (tooDear, unreadable int) {
	for _, beginning := range beginnings {
		var p Params
		_, err := fmt.Sscanf(beginning, "$argon2id$v=19$m=%d,t=%d,p=%d$", &p.MemoryKiB, &p.Passes, &p.Parallelism)
		switch {
		case err != nil || p.check() != nil:
			unreadable++
		case !h.raise(p):
			tooDear++
		}
	}
	return tooDear, unreadable
}

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
	stored, err := parsePHC(string(hash))
	if err != nil {
		return fmt.Errorf("equalize a password: %w", err)
	}
	return h.equalizeCost(ctx, password, stored.params)
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
