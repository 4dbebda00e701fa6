package foreign

import (
	"bytes"
	"crypto/md5" //nolint:gosec // what phpass is made of; it is replaced at the first login
	"strings"
)

// Counts of phpass that are compared, as powers of two. WordPress has 13.
const (
	minPHPassCount = 7
	maxPHPassCount = 18
)

// cryptDigits are those of crypt(3), in which phpass and sha-crypt write bits.
const cryptDigits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// phpassKind is the portable hash of phpass: MD5 over and over. Its salt is eight characters.
func phpassKind(name string, forms func(Hash, []byte) [][]byte) *kind {
	return &kind{
		name: name, numbers: 1, forms: forms, random: randomSum(md5.Size),
		bounds: func(n []uint32) error { return within(n[0], minPHPassCount, maxPHPassCount) },
		check: func(h Hash) error {
			if len(h.sum) != md5.Size {
				return ErrUnknown
			}
			return nil
		},
		cost: func(n []uint32) Cost { return Cost{MemoryKiB: 1, WorkKiB: (1 << n[0]) / 5} },
		matches: func(h Hash, form []byte) bool {
			if len(form) > maxCryptForm {
				return false
			}
			sum := md5.Sum(append(bytes.Clone(h.salt), form...)) //nolint:gosec // see the import
			for range 1 << h.numbers[0] {
				sum = md5.Sum(append(sum[:], form...)) //nolint:gosec // see the import
			}
			return compared(h, sum[:])
		},
	}
}

// parsePHPass reads $P$B, or $H$9 as phpBB writes it, with eight characters of salt and 22 of the sum.
func parsePHPass(name, text string) (Hash, error) {
	const before, salt, sum = len("$P$"), 8, 22
	if len(text) != before+1+salt+sum {
		return Hash{}, ErrUnknown
	}
	count := strings.IndexByte(cryptDigits, text[before])
	decoded, ok := fromCrypt(text[before+1+salt:], md5.Size)
	if count < 0 || !ok {
		return Hash{}, ErrUnknown
	}
	return Hash{
		kind: kindOf(name), numbers: []uint32{uint32(count)},
		salt: []byte(text[before+1 : before+1+salt]), sum: decoded,
	}.checked()
}

// fromCrypt reads groups of four digits as three bytes, the lowest bits first, of which there are length in all.
func fromCrypt(text string, length int) ([]byte, bool) {
	var decoded []byte
	for ; text != ""; text = text[min(4, len(text)):] {
		group := 0
		for i := range min(4, len(text)) {
			digit := strings.IndexByte(cryptDigits, text[i])
			if digit < 0 {
				return nil, false
			}
			group |= digit << (6 * i)
		}
		decoded = append(decoded, byte(group), byte(group>>8), byte(group>>16))
		if over := len(decoded) - length; over > 0 && group>>(8*(3-over)) != 0 {
			return nil, false // bits beyond the end
		}
	}
	if len(decoded) < length {
		return nil, false
	}
	return decoded[:length], true
}
