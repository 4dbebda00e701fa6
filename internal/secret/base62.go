package secret

import (
	"encoding/binary"
	"strings"
)

// base62 are the digits, in the order of ASCII, so that texts of one length sort as their values do.
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Digits are made and read so many at once: 62^5 is the highest power that fits into 32 bits.
const (
	digitsAtOnce = 5
	powerAtOnce  = 62 * 62 * 62 * 62 * 62
)

// encodeBase62 returns the big-endian number in width digits, which must be enough to hold it.
func encodeBase62(number []byte, width int) string {
	var space [16]uint32
	words := words(space[:0], number)
	digits := make([]byte, width)
	for i := width; i > 0; {
		remainder := uint64(0)
		for j, word := range words {
			dividend := remainder<<32 | uint64(word)
			words[j], remainder = uint32(dividend/powerAtOnce), dividend%powerAtOnce
		}
		for range min(digitsAtOnce, i) {
			i--
			digits[i] = base62[remainder%62]
			remainder /= 62
		}
	}
	return string(digits)
}

// words appends the big-endian number in words of 32 bits, the first filled up with zeros.
func words(space []uint32, number []byte) []uint32 {
	if odd := len(number) % 4; odd > 0 {
		var first [4]byte
		copy(first[4-odd:], number)
		space = append(space, binary.BigEndian.Uint32(first[:]))
		number = number[odd:]
	}
	for ; len(number) > 0; number = number[4:] {
		space = append(space, binary.BigEndian.Uint32(number))
	}
	return space
}

// decodeBase62 sets number, big-endian, to the value of the digits. It reports false for anything
// that is no digit and for a value that number is too short for.
func decodeBase62(number []byte, digits string) bool {
	var space [16]uint32
	clear(number)
	words := words(space[:0], number)
	for len(digits) > 0 {
		some := digits[:min(digitsAtOnce, len(digits))]
		digits = digits[len(some):]
		carry, power := uint64(0), uint64(1)
		for i := range len(some) {
			digit := strings.IndexByte(base62, some[i])
			if digit < 0 {
				return false
			}
			carry, power = carry*62+uint64(digit), power*62
		}
		for j := len(words) - 1; j >= 0; j-- {
			carry += uint64(words[j]) * power
			words[j], carry = uint32(carry), carry>>32
		}
		if carry != 0 {
			return false
		}
	}
	return fill(number, words)
}

// fill is the reverse of words. It reports false if they do not fit.
func fill(number []byte, words []uint32) bool {
	var last [4]byte
	for j := len(words) - 1; j >= 0; j-- {
		binary.BigEndian.PutUint32(last[:], words[j])
		count := min(4, len(number))
		copy(number[len(number)-count:], last[4-count:])
		number = number[:len(number)-count]
		for _, over := range last[:4-count] {
			if over != 0 {
				return false
			}
		}
	}
	return true
}
