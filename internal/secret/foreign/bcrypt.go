package foreign

import (
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// Costs of bcrypt that are compared: 14 takes a second.
const (
	minBcryptCost = 4
	maxBcryptCost = 14
)

// Lengths of the salt and the sum of bcrypt, in characters of its own base64, in which they are kept.
const (
	bcryptSaltLength = 22
	bcryptSumLength  = 31
)

const bcryptDigits = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// bcryptKind is bcrypt ($2a$, $2b$ and $2y$, which are one algorithm here). It cuts a password at 72 bytes, as the
// programs did whose hashes these are.
func bcryptKind(name string, forms func(Hash, []byte) [][]byte) *kind {
	return &kind{
		name: name, numbers: 1, forms: forms,
		bounds: func(n []uint32) error { return within(n[0], minBcryptCost, maxBcryptCost) },
		check: func(h Hash) error {
			if len(h.salt) != bcryptSaltLength || len(h.sum) != bcryptSumLength || strings.Trim(string(h.salt)+string(h.sum), bcryptDigits) != "" {
				return ErrUnknown
			}
			return nil
		},
		random: func([]uint32) (salt, sum []byte) {
			digits := randomBytes(bcryptSaltLength + bcryptSumLength)
			for i := range digits {
				digits[i] = bcryptDigits[digits[i]%64]
			}
			digits[bcryptSaltLength-1] = bcryptDigits[0] // of which two bits count
			return digits[:bcryptSaltLength], digits[bcryptSaltLength:]
		},
		cost: func(n []uint32) Cost { return Cost{MemoryKiB: 8, WorkKiB: 80 << n[0]} },
		matches: func(h Hash, form []byte) bool {
			text := fmt.Sprintf("$2b$%02d$%s%s", h.numbers[0], h.salt, h.sum)
			return bcrypt.CompareHashAndPassword([]byte(text), form) == nil
		},
	}
}

// parseBcrypt reads $2a$10$ with 53 characters behind it as a hash of the kind.
func parseBcrypt(name, text string) (Hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 4 || fields[0] != "" || len(fields[3]) != bcryptSaltLength+bcryptSumLength {
		return Hash{}, ErrUnknown
	}
	switch fields[1] {
	case "2a", "2b", "2y":
	default: // $2x$ is another algorithm, with a bug of PHP's, and $2$ is older than all others
		return Hash{}, ErrUnknown
	}
	cost, err := number(fields[2])
	if err != nil || len(fields[2]) != 2 {
		return Hash{}, ErrUnknown
	}
	digits := []byte(fields[3])
	return Hash{
		kind: kindOf(name), numbers: []uint32{cost},
		salt: digits[:bcryptSaltLength], sum: digits[bcryptSaltLength:],
	}.checked()
}
