package secret

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// HashClass is how many of the hashes that are stored begin alike. The beginning is all up to the salt, as in
// "$argon2id$v=19$m=19456,t=2,p=1$" or "foreign$bcrypt:12$".
type HashClass struct {
	Beginning string
	Accounts  int // of users; the hashes of sign-ups are not counted
}

// classesMost is how many classes stand apart at most, the largest. A store has a handful: one for each program that its
// accounts are from, and each cost that this had.
const classesMost = 64

// crowd is what is stored of hashes that stand apart: those of other programs, and those of our own that are dearer than
// a level makes up for. It never changes.
type crowd struct {
	apart    []decoy // in the order of their names
	accounts int     // of all other users
}

// decoy stands for the hashes of one class: it takes their work, and matches no password.
type decoy struct {
	class    string
	hash     Text
	accounts int
}

// Learn makes a mismatch take the same work whoever has the account, by the classes of all hashes that are stored:
//
// Among our own hashes every mismatch becomes as dear as one with the dearest, if that is within levelMost. A dearer hash
// that Verify meets later raises this level as well. Nothing lowers it again. The hashes of other programs and dearer
// ones stand apart: none of their work can be made up for exactly by another algorithm. In their stead, addresses that
// nobody has get decoys of these classes, as many as there are accounts of each, see Decoy.
//
// It returns how many classes cannot be read, or are too many: their accounts are told by the time of a login.
func (h *Hasher) Learn(classes []HashClass) (told int) {
	learned := &crowd{}
	for _, class := range classes {
		params, err := paramsOf(class.Beginning)
		switch {
		case err == nil && h.raise(params):
			learned.accounts += class.Accounts
			continue
		case class.Accounts == 0: // of sign-ups alone, which expire soon
			continue
		}
		hash, err := decoyOf(class.Beginning)
		if err != nil {
			told++
			continue
		}
		learned.apart = append(learned.apart, decoy{class.Beginning, hash, class.Accounts})
	}
	slices.SortFunc(learned.apart, func(a, b decoy) int { return b.accounts - a.accounts })
	if over := len(learned.apart) - classesMost; over > 0 {
		told += over
		learned.apart = learned.apart[:classesMost]
	}
	slices.SortFunc(learned.apart, func(a, b decoy) int { return strings.Compare(a.class, b.class) })
	h.crowd.Store(learned)
	return told
}

// Unlearned returns a channel that has something when Verify has met a hash of a class that stands apart and that Learn
// was not told of: after an import, say. Each class is announced once.
func (h *Hasher) Unlearned() <-chan struct{} { return h.unlearned }

// Decoy returns what a password is to be compared with besides, for somebody who has no hash: a hash that stands apart,
// or "". Whom the fingerprint is of gets the same answer each time, on each server with the key: if the classes change in
// their number, few others than those who have to go get another one.
//
// So the work of a wrong password says which class an address has, and nothing of whether anybody has the address.
func (h *Hasher) Decoy(of Fingerprint) Text {
	crowd := h.crowd.Load()
	// Weighted rendezvous hashing: each class draws a number for the address, the lowest by its weight has it.
	hash, least := Text(""), drawn(of, "", crowd.accounts)
	for _, decoy := range crowd.apart {
		if n := drawn(of, decoy.class, decoy.accounts); n < least {
			hash, least = decoy.hash, n
		}
	}
	return hash
}

// drawn returns a number of an exponential distribution with the weight as its rate, always the same one.
func drawn(of Fingerprint, class string, weight int) float64 {
	if weight == 0 {
		return math.Inf(1)
	}
	sum := sha256.Sum256(append(of[:], class...))
	uniform := (float64(binary.BigEndian.Uint64(sum[:])>>11) + 0.5) / (1 << 53)
	return -math.Log(uniform) / float64(weight)
}

// standsApart reports whether no level makes up for the work of a hash. It announces a class that Learn was not told of.
func (h *Hasher) standsApart(s stored) bool {
	if s.foreign == nil && h.raise(s.params) {
		return false
	}
	class := s.class()
	known := slices.ContainsFunc(h.crowd.Load().apart, func(d decoy) bool { return d.class == class })
	if known {
		return true
	}
	h.metMu.Lock()
	defer h.metMu.Unlock()
	if _, met := h.met[class]; !met && len(h.met) < classesMost {
		h.met[class] = struct{}{}
		select {
		case h.unlearned <- struct{}{}:
		default: // it is announced already that there is something
		}
	}
	return true
}

// paramsOf reads the costs at the beginning of one of our own hashes.
func paramsOf(beginning string) (Params, error) {
	var p Params
	if _, err := fmt.Sscanf(beginning, "$argon2id$v=19$m=%d,t=%d,p=%d$", &p.MemoryKiB, &p.Passes, &p.Parallelism); err != nil {
		return Params{}, errHash
	}
	if p.check() != nil || beginning != p.beginning() {
		return Params{}, errHash
	}
	return p, nil
}

// decoyOf returns a hash of the class that no password matches.
func decoyOf(class string) (Text, error) {
	if p, err := paramsOf(class); err == nil {
		return Text(phc{params: p, salt: randomBytes(saltLength), sum: randomBytes(sumLength)}.text()), nil
	}
	hash, err := foreign.Decoy(class)
	if err != nil {
		return "", err
	}
	return Text(hash.Stored()), nil
}
