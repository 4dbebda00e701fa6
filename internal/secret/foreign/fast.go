package foreign

import (
	"encoding/base64"
	"hash"
	"strings"
)

// A fast hash is a digest that costs nothing to try: it is never kept as it is. At the import it is hashed once more
// as if it were a password, and is made anew of what is typed at each login: see Fast and Digest.

const (
	saltFirst = true
	saltLast  = false
)

func fastKind(name string, forms func(Hash, []byte) [][]byte, function func() hash.Hash, first bool) *kind {
	size := function().Size()
	return &kind{
		name: name, fast: true, forms: forms, random: randomSum(size),
		bounds: func([]uint32) error { return nil },
		check: func(h Hash) error {
			if len(h.sum) != size {
				return ErrUnknown
			}
			return nil
		},
		cost: func([]uint32) Cost { return Cost{} },
		digest: func(h Hash, form []byte) []byte {
			digest := function()
			if first {
				_, _ = digest.Write(h.salt)
				_, _ = digest.Write(form)
			} else {
				_, _ = digest.Write(form)
				_, _ = digest.Write(h.salt)
			}
			return digest.Sum(nil)
		},
	}
}

// Fast returns how the digest of a password is made, as a text without a dollar sign and without a secret but the
// salt, and the digest, which is to be hashed. ok is false for a hash that is kept as it is.
func (h Hash) Fast() (wrapping, digest string, ok bool) {
	if h.kind == nil || !h.kind.fast {
		return "", "", false
	}
	return h.kind.name + ":" + encode(h.salt), encode(h.sum), true
}

// Digest returns what was hashed in place of the password at the import, by what Fast returned then. Error: ErrUnknown.
func Digest(wrapping string, password []byte) (string, error) {
	h, err := wrapped(wrapping)
	if err != nil {
		return "", err
	}
	forms := h.kind.forms(h, password)
	return encode(h.kind.digest(h, forms[len(forms)-1])), nil // WordPress of old hashed what a form sent
}

func wrapped(wrapping string) (Hash, error) {
	name, salt, _ := strings.Cut(wrapping, ":")
	k := kindOf(name)
	if k == nil || !k.fast {
		return Hash{}, ErrUnknown
	}
	decoded, err := base64.RawStdEncoding.Strict().DecodeString(salt)
	if err != nil || len(decoded) > maxSaltLength {
		return Hash{}, ErrUnknown
	}
	return Hash{kind: k, salt: decoded}, nil
}

func newFast(name string, salt, sum []byte) (Hash, error) {
	return Hash{kind: kindOf(name), salt: salt, sum: sum}.checked()
}
