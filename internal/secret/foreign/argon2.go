package foreign

import (
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Bounds of argon2. Its memory is as much as that of scrypt: a comparison takes it however few turns there are, and a
// small server has no more. All passes together go through 4 GiB at most, which takes 3 s.
const (
	maxArgon2KiB     = 256 << 10
	maxArgon2Passes  = 20
	maxArgon2Lanes   = 64
	maxArgon2WorkKiB = 4 << 20
)

// argon2Kind has the costs m, t and p, and version 19.
func argon2Kind(name string) *kind {
	derive := argon2.IDKey
	if name == "argon2i" {
		derive = argon2.Key
	}
	return &kind{
		name: name, numbers: 3, forms: asTyped, random: randomSum(32),
		bounds: func(n []uint32) error {
			err := noneOf(within(n[0], 8, maxArgon2KiB), within(n[1], 1, maxArgon2Passes), within(n[2], 1, maxArgon2Lanes))
			switch {
			case err != nil:
				return err
			case n[0] < 8*n[2]: // RFC 9106, 3.1
				return ErrUnknown
			case uint64(n[0])*uint64(n[1]) > maxArgon2WorkKiB:
				return ErrTooDear
			}
			return nil
		},
		cost: func(n []uint32) Cost { return Cost{MemoryKiB: uint64(n[0]), WorkKiB: uint64(n[0]) * uint64(n[1])} },
		matches: func(h Hash, form []byte) bool {
			n := h.numbers
			return compared(h, derive(form, h.salt, n[1], n[0], uint8(n[2]), uint32(len(h.sum))))
		},
	}
}

// parseArgon2 reads $argon2id$v=19$m=19456,t=2,p=1$salt$hash, the costs in any order.
func parseArgon2(text string) (Hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 6 || fields[0] != "" || fields[2] != "v="+strconv.Itoa(argon2.Version) {
		return Hash{}, ErrUnknown
	}
	costs, err := assignments(fields[3], "m", "t", "p")
	if err != nil {
		return Hash{}, err
	}
	salt, sum, err := bothInBase64(fields[4], fields[5])
	if err != nil {
		return Hash{}, err
	}
	return newArgon2(fields[1], costs[0], costs[1], costs[2], salt, sum)
}

func newArgon2(name string, m, t, p uint32, salt, sum []byte) (Hash, error) {
	if name != "argon2i" && name != "argon2id" { // argon2d is for no passwords
		return Hash{}, ErrUnknown
	}
	return Hash{kind: kindOf(name), numbers: []uint32{m, t, p}, salt: salt, sum: sum}.checked()
}
