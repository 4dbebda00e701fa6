package foreign

import (
	"bytes"
	"hash"
	"strings"
)

// Rounds of sha-crypt. Fewer than the least are taken for it, as by every crypt(3).
const (
	minRounds       = 1000
	defaultRounds   = 5000
	maxRounds       = 1_000_000
	maxCryptSalt    = 16
	maxCryptForm    = 256 // bytes of a password; each round hashes all of it, and Cost does not know how long it is
	shaCryptPerWork = 2
)

// The order in which sha-crypt writes the bytes of its sum, in groups of three, each from its highest byte to its lowest;
// in the last group there are fewer.
var (
	sha256CryptOrder = []int{
		0, 10, 20, 21, 1, 11, 12, 22, 2, 3, 13, 23, 24, 4, 14, 15, 25, 5, 6, 16, 26, 27, 7, 17, 18, 28, 8, 9, 19, 29, 31, 30,
	}
	sha512CryptOrder = []int{
		0, 21, 42, 22, 43, 1, 44, 2, 23, 3, 24, 45, 25, 46, 4, 47, 5, 26, 6, 27, 48, 28, 49, 7, 50, 8, 29, 9, 30, 51, 31, 52, 10,
		53, 11, 32, 12, 33, 54, 34, 55, 13, 56, 14, 35, 15, 36, 57, 37, 58, 16, 59, 17, 38, 18, 39, 60, 40, 61, 19, 62, 20, 41, 63,
	}
)

// shaCryptKind is crypt(3) with SHA-256 ($5$) or SHA-512 ($6$), as Ulrich Drepper specified it in 2007. The sum is kept
// as bytes in the order of the hash function. The length of the salt is among the costs: each round hashes it, and with a
// few bytes more it may take another block.
func shaCryptKind(name string, function func() hash.Hash, order []int) *kind {
	return &kind{
		name: name, numbers: 2, forms: asTyped,
		random: func(n []uint32) (salt, sum []byte) { return randomBytes(int(n[1])), randomBytes(len(order)) },
		bounds: func(n []uint32) error {
			return noneOf(within(n[0], minRounds, maxRounds), within(n[1], 0, maxCryptSalt))
		},
		check: func(h Hash) error {
			if len(h.sum) != len(order) || len(h.salt) != int(h.numbers[1]) {
				return ErrUnknown
			}
			return nil
		},
		cost: func(n []uint32) Cost { return Cost{MemoryKiB: 1, WorkKiB: uint64(n[0]) / shaCryptPerWork} },
		matches: func(h Hash, form []byte) bool {
			return len(form) <= maxCryptForm && compared(h, shaCrypt(function, form, h.salt, h.numbers[0]))
		},
	}
}

func shaCrypt(function func() hash.Hash, password, salt []byte, rounds uint32) []byte {
	sum := func(parts ...[]byte) []byte {
		digest := function()
		for _, part := range parts {
			_, _ = digest.Write(part)
		}
		return digest.Sum(nil)
	}
	// repeated returns as many bytes of a sum, over and over, as there are in what it stands for.
	repeated := func(sum []byte, length int) []byte {
		return bytes.Repeat(sum, length/len(sum)+1)[:length]
	}

	alternate := sum(password, salt, password)
	parts := [][]byte{password, salt, repeated(alternate, len(password))}
	for bits := len(password); bits > 0; bits >>= 1 {
		if bits&1 != 0 {
			parts = append(parts, alternate)
		} else {
			parts = append(parts, password)
		}
	}
	intermediate := sum(parts...)

	p := repeated(sum(bytes.Repeat(password, len(password))), len(password))
	s := repeated(sum(bytes.Repeat(salt, 16+int(intermediate[0]))), len(salt))
	digest := function()
	for round := range rounds {
		digest.Reset()
		odd := round%2 != 0
		write := func(yes bool, part []byte) {
			if yes {
				_, _ = digest.Write(part)
			}
		}
		write(odd, p)
		write(!odd, intermediate)
		write(round%3 != 0, s)
		write(round%7 != 0, p)
		write(odd, intermediate)
		write(!odd, p)
		intermediate = digest.Sum(intermediate[:0])
	}
	return intermediate
}

// parseShaCrypt reads $5$rounds=5000$salt$sum, or without the rounds.
func parseShaCrypt(name, text string) (Hash, error) {
	fields := strings.Split(text, "$")
	rounds := uint32(defaultRounds)
	if len(fields) == 5 {
		given, found := strings.CutPrefix(fields[2], "rounds=")
		n, err := number(given)
		if !found || err != nil {
			return Hash{}, ErrUnknown
		}
		rounds, fields = max(n, minRounds), append(fields[:2], fields[3:]...)
	}
	if len(fields) != 4 || fields[0] != "" {
		return Hash{}, ErrUnknown
	}
	order := sha256CryptOrder
	if name == "sha512-crypt" {
		order = sha512CryptOrder
	}
	sum, ok := inOrder(fields[3], order)
	if !ok {
		return Hash{}, ErrUnknown
	}
	salt := fields[2][:min(len(fields[2]), maxCryptSalt)]
	return Hash{kind: kindOf(name), numbers: []uint32{rounds, uint32(len(salt))}, salt: []byte(salt), sum: sum}.checked()
}

// inOrder reads a sum as sha-crypt writes it.
func inOrder(text string, order []int) ([]byte, bool) {
	decoded, ok := fromCrypt(text, len(order))
	if !ok || len(text) != (len(order)*8+5)/6 {
		return nil, false
	}
	sum := make([]byte, len(order))
	for i := 0; i < len(order); i += 3 {
		group := order[i:min(i+3, len(order))]
		for j, at := range group { // the last digits are the first byte
			sum[at] = decoded[i+len(group)-1-j]
		}
	}
	return sum, true
}
