package secret

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what allauth makes its codes with
	"encoding/binary"
	"fmt"
	"strconv"
)

// Recovery codes of django-allauth: ten numbers of eight digits out of one seed.
const (
	allauthCodes  = 10
	allauthModulo = 100_000_000
)

// AllauthRecoveryCodes returns the recovery codes of django-allauth that are unused: those that come of a seed, but for the
// bits of the mask, a number. It returns none for what is no mask, or without a seed.
func AllauthRecoveryCodes(seed Text, usedMask string) []Text {
	used, err := strconv.ParseUint(usedMask, 10, 64)
	if err != nil || seed == "" || len(seed) > 1024 {
		return nil
	}
	var codes []Text
	mac := hmac.New(sha1.New, []byte(seed))
	for i := range allauthCodes {
		// hash.Hash never returns an error.
		_, _ = fmt.Fprintf(mac, "%3d,", i)
		if used>>i&1 == 0 {
			codes = append(codes, Text(fmt.Sprintf("%08d", binary.BigEndian.Uint32(mac.Sum(nil))%allauthModulo)))
		}
	}
	return codes
}
