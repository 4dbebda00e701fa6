package foreign

import (
	"crypto/pbkdf2"
	"hash"
)

// maxIterations bounds PBKDF2. Django is at 1.2 million and adds a fifth with each release.
const maxIterations = 10_000_000

func pbkdf2Kind(name string, function func() hash.Hash) *kind {
	size := function().Size()
	return &kind{
		name: name, numbers: 1, forms: asTyped,
		bounds: func(n []uint32) error { return within(n[0], 1, maxIterations) },
		random: randomSum(size),
		cost: func(n []uint32) Cost {
			return Cost{MemoryKiB: 1, WorkKiB: uint64(n[0]) * pbkdf2Work[size] / 1000}
		},
		matches: func(h Hash, form []byte) bool {
			// Each block of the sum is made by itself, of the same password, salt and count: one is enough.
			length := min(size, len(h.sum))
			sum, err := pbkdf2.Key(function, string(form), h.salt, int(h.numbers[0]), length)
			h.sum = h.sum[:length]
			return err == nil && compared(h, sum)
		},
	}
}

// pbkdf2Work is the work of 1,000 iterations, by the size of the hash in bytes.
var pbkdf2Work = map[int]uint64{20: 500, 32: 500, 64: 1100}

func newPBKDF2(name string, iterations uint32, salt, sum []byte) (Hash, error) {
	if kindOf(name) == nil {
		return Hash{}, ErrUnknown
	}
	return Hash{kind: kindOf(name), numbers: []uint32{iterations}, salt: salt, sum: sum}.checked()
}
