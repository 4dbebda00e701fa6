package foreign

import (
	"crypto/md5"  //nolint:gosec // what others hashed with it is wrapped in argon2id
	"crypto/sha1" //nolint:gosec // likewise, and in PBKDF2
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
)

// kind is one way to make hashes: an algorithm, and what is done to the password before it.
type kind struct {
	name     string
	numbers  int // how many costs it has
	fast     bool
	peppered bool

	bounds  func(numbers []uint32) error              // of the costs
	check   func(h Hash) error                        // of the rest; nil: lengths are enough
	random  func(numbers []uint32) (salt, sum []byte) // of a decoy
	cost    func(numbers []uint32) Cost               // of a comparison
	forms   func(h Hash, password []byte) [][]byte    // what the algorithm may have been given for the password
	matches func(h Hash, form []byte) bool            // of one form
	digest  func(h Hash, form []byte) (whole []byte)  // of a fast one, instead of matches
}

// kinds are all kinds. The name of a kind is kept in databases: it never gets another meaning.
var kinds = []*kind{
	bcryptKind("bcrypt", asTyped),
	bcryptKind("bcrypt-sha256", inSHA256),           // Django: of the SHA-256 in hexadecimal digits
	bcryptKind("bcrypt-wordpress", inWordPress),     // since 6.8
	bcryptKind("bcrypt-slashed", trimmed),           // WordPress, by a plugin
	peppered(bcryptKind("bcrypt-pepper", seasoned)), // Devise

	pbkdf2Kind("pbkdf2-sha1", sha1.New),
	pbkdf2Kind("pbkdf2-sha256", sha256.New),
	pbkdf2Kind("pbkdf2-sha512", sha512.New),

	scryptKind("scrypt", asTyped),
	scryptKind("scrypt-nfkc", inNFKC), // better-auth
	firebaseKind(),

	argon2Kind("argon2i"),
	argon2Kind("argon2id"),

	shaCryptKind("sha256-crypt", sha256.New, sha256CryptOrder),
	shaCryptKind("sha512-crypt", sha512.New, sha512CryptOrder),

	phpassKind("phpass", asTyped),
	phpassKind("phpass-slashed", trimmed), // WordPress before 6.8

	fastKind("md5", asTyped, md5.New, saltFirst),
	fastKind("md5-slashed", trimmed, md5.New, saltFirst), // WordPress of old
	fastKind("sha1", asTyped, sha1.New, saltFirst),
	fastKind("ssha", asTyped, sha1.New, saltLast),
	fastKind("ssha256", asTyped, sha256.New, saltLast),
	fastKind("ssha512", asTyped, sha512.New, saltLast),
}

// compared reports whether the sum of the hash is this one.
func compared(h Hash, sum []byte) bool { return subtle.ConstantTimeCompare(h.sum, sum) == 1 }

// within returns ErrTooDear for a cost above its most, and ErrUnknown for one below its least.
func within(n, least, most uint32) error {
	switch {
	case n > most:
		return ErrTooDear
	case n < least:
		return ErrUnknown
	}
	return nil
}

// noneOf returns the first error, or nil.
func noneOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// maxWorkKiB bounds the work of a comparison, whatever the kind: 3 to 4 s.
const maxWorkKiB = 5 << 20

// bounded returns an error for costs that are not compared.
func (k *kind) bounded(numbers []uint32) error {
	if err := k.bounds(numbers); err != nil {
		return err
	}
	if k.cost(numbers).WorkKiB > maxWorkKiB {
		return ErrTooDear
	}
	return nil
}

// randomSum returns a salt of 16 bytes and a sum of a length.
func randomSum(length int) func([]uint32) (salt, sum []byte) {
	return func([]uint32) (salt, sum []byte) { return randomBytes(16), randomBytes(length) }
}

func peppered(k *kind) *kind {
	k.peppered = true
	return k
}
