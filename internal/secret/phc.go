package secret

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Bounds of what is taken for an argon2id hash, so that a damaged or planted one cannot make the
// server work without end.
const (
	maxMemoryKiB   = 1 << 20 // 1 GiB
	maxPasses      = 64
	maxParallelism = 64
	minSaltLength  = 8 // bytes
	maxSaltLength  = 64
	minSumLength   = 16
	maxSumLength   = 128
	maxPHCLength   = 320 // characters, of the longest hash within these bounds
)

// errHash is the same for every text that is no hash: saying more of it would be saying some of it.
var errHash = errors.New("the stored password hash is damaged or of an unknown kind")

// phc is an argon2id hash, version 19 (RFC 9106), with what it was made with.
type phc struct {
	params Params
	salt   []byte
	sum    []byte
}

// text returns the hash in the PHC string format: $argon2id$v=19$m=19456,t=2,p=1$salt$hash, with
// the salt and the hash in base64 without padding.
func (h phc) text() string {
	return h.params.beginning() + base64.RawStdEncoding.EncodeToString(h.salt) + "$" + base64.RawStdEncoding.EncodeToString(h.sum)
}

// beginning returns what stands before the salt.
func (p Params) beginning() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$", p.MemoryKiB, p.Passes, p.Parallelism)
}

// parsePHC reads what text wrote, and nothing else: no other order, number format or alphabet. The
// error never contains the text.
func parsePHC(text string) (phc, error) {
	if len(text) > maxPHCLength {
		return phc{}, errHash
	}
	fields := strings.Split(text, "$")
	if len(fields) != 6 {
		return phc{}, errHash
	}

	var h phc
	p := &h.params
	_, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.MemoryKiB, &p.Passes, &p.Parallelism)
	if err != nil || p.check() != nil {
		return phc{}, errHash
	}
	if h.salt, err = base64.RawStdEncoding.DecodeString(fields[4]); err != nil {
		return phc{}, errHash
	}
	if h.sum, err = base64.RawStdEncoding.DecodeString(fields[5]); err != nil {
		return phc{}, errHash
	}

	switch {
	case len(h.salt) < minSaltLength, len(h.salt) > maxSaltLength,
		len(h.sum) < minSumLength, len(h.sum) > maxSumLength,
		h.text() != text: // another spelling, algorithm or version
		return phc{}, errHash
	}
	return h, nil
}

// IsOwnHash reports whether a stored hash is one that a Hasher makes, of whatever costs.
func IsOwnHash(hash Text) bool {
	_, err := parsePHC(string(hash))
	return err == nil
}
