package foreign

import (
	"crypto/aes"
	"crypto/cipher"
	"math/bits"

	"golang.org/x/crypto/scrypt"
)

// Bounds of scrypt. The memory that is gone through for all lanes together is bounded too: 16 lanes of 256 MiB take
// a quarter of a minute.
const (
	maxScryptKiB     = 256 << 10
	maxScryptLanes   = 16
	maxScryptBlocks  = 1 << 16 // r times p: scrypt makes 128 bytes for each before it begins
	maxScryptWorkKiB = 1 << 20
)

// scryptKind has the costs N, r and p.
func scryptKind(name string, forms func(Hash, []byte) [][]byte) *kind {
	return &kind{
		name: name, numbers: 3, forms: forms,
		bounds: scryptBounds, cost: scryptCost, random: randomSum(64),
		matches: func(h Hash, form []byte) bool {
			sum, err := scryptSum(h, form, len(h.sum))
			return err == nil && compared(h, sum)
		},
	}
}

// firebaseKind is Firebase's scrypt: a key of the project is encrypted under what scrypt makes of the password. What is
// kept as the sum is the stream of AES in counter mode that it was encrypted with, so the key of the project is
// needed when a hash is parsed, but not to compare it.
func firebaseKind() *kind {
	return &kind{
		name: "firebase", numbers: 3, forms: asTyped,
		bounds: scryptBounds, cost: scryptCost, random: randomSum(64),
		matches: func(h Hash, form []byte) bool {
			key, err := scryptSum(h, form, 32)
			if err != nil {
				return false
			}
			block, err := aes.NewCipher(key)
			if err != nil {
				return false
			}
			stream := make([]byte, len(h.sum))
			cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(stream, stream) //nolint:gosec // as Firebase does it: each hash has its own key
			return compared(h, stream)
		},
	}
}

func scryptSum(h Hash, form []byte, length int) ([]byte, error) {
	n := h.numbers
	return scrypt.Key(form, h.salt, int(n[0]), int(n[1]), int(n[2]), length)
}

func scryptBounds(n []uint32) error {
	if bits.OnesCount32(n[0]) != 1 {
		return ErrUnknown
	}
	if err := noneOf(within(n[0], 2, 1<<24), within(n[1], 1, 1<<16), within(n[2], 1, maxScryptLanes)); err != nil {
		return err
	}
	if memory := scryptKiB(n); memory > maxScryptKiB || memory*uint64(n[2]) > maxScryptWorkKiB || scryptBlocks(n) > maxScryptBlocks {
		return ErrTooDear
	}
	return nil
}

// scryptKiB is the memory of one lane.
func scryptKiB(n []uint32) uint64 { return max(1, uint64(n[0])*uint64(n[1])/8) }

// scryptBlocks is how many blocks of 128 bytes there are in the input of all lanes, which PBKDF2 makes and reads again.
func scryptBlocks(n []uint32) uint64 { return uint64(n[1]) * uint64(n[2]) }

func scryptCost(n []uint32) Cost {
	return Cost{MemoryKiB: scryptKiB(n) + scryptBlocks(n)/8, WorkKiB: 4*scryptKiB(n)*uint64(n[2]) + 4*scryptBlocks(n)}
}

func newScrypt(name string, n, r, p uint32, salt, sum []byte) (Hash, error) {
	return Hash{kind: kindOf(name), numbers: []uint32{n, r, p}, salt: salt, sum: sum}.checked()
}

// powerOfTwo returns 2 to the power of n, or 0 if that is too much.
func powerOfTwo(n uint32) uint32 {
	if n > 31 {
		return 0
	}
	return 1 << n
}
