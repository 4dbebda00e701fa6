package secret

import "strings"

// base62 are the digits, in the order of ASCII, so that texts of one length sort as their values do.
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// encodeBase62 returns the big-endian number in width digits, which must be enough to hold it. The
// number is used up.
func encodeBase62(number []byte, width int) string {
	digits := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		remainder := 0
		for j, b := range number {
			dividend := remainder<<8 | int(b)
			number[j], remainder = byte(dividend/62), dividend%62
		}
		digits[i] = base62[remainder]
	}
	return string(digits)
}

// decodeBase62 sets number, big-endian, to the value of the digits. It reports false for anything
// that is no digit and for a value that number is too short for.
func decodeBase62(number []byte, digits string) bool {
	clear(number)
	for i := range len(digits) {
		carry := strings.IndexByte(base62, digits[i])
		if carry < 0 {
			return false
		}
		for j := len(number) - 1; j >= 0; j-- {
			carry += int(number[j]) * 62
			number[j], carry = byte(carry), carry>>8
		}
		if carry != 0 {
			return false
		}
	}
	return true
}
