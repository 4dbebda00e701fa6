package secret

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// ErrHash is returned for what is stored as a hash and cannot be compared: it is damaged, of an unknown kind, or so dear
// that it could stop a server. It is the same for each: saying more of a hash would be saying some of it.
var ErrHash = errHash

// stored is a hash as it is stored: one of our own; one of our own around the digest that another program made, written
// as "$argon2id$v=19$m=19456,t=2,p=1$salt$hash$md5:salt"; or one of another program.
type stored struct {
	phc
	wrapping string        // how the digest is made; "": the password itself was hashed
	foreign  *foreign.Hash // nil: it is our own
}

// phcFields is how many fields a PHC string has, with the empty one before its first dollar sign.
const phcFields = 6

// read returns the hash of a text. The error is ErrHash, and never contains the text.
func (h *Hasher) read(text Text) (stored, error) {
	if strings.HasPrefix(string(text), foreign.Tag) {
		read, err := foreign.Read(string(text))
		if err != nil {
			return stored{}, errHash
		}
		return stored{foreign: &read}, nil
	}
	own, wrapping := string(text), ""
	if fields := strings.SplitN(own, "$", phcFields+1); len(fields) > phcFields {
		wrapping = fields[phcFields]
		own = strings.TrimSuffix(own, "$"+wrapping)
		if _, err := foreign.Digest(wrapping, nil); err != nil {
			return stored{}, errHash
		}
	}
	read, err := parsePHC(own)
	if err != nil || read.params.work() > max(mostWorkKiB, h.params.work()) {
		return stored{}, errHash
	}
	return stored{phc: read, wrapping: wrapping}, nil
}

// mostWorkKiB is what a comparison with one of our own hashes goes through at most, unless new ones take more: 4 GiB, for
// some 3 s.
const mostWorkKiB = 4 << 20

// class returns the beginning of the hash, see HashClass.
func (s stored) class() string {
	if s.foreign != nil {
		return s.foreign.Class()
	}
	return s.params.beginning()
}

// Readable reports whether the hash can be compared. An empty one can.
func (h *Hasher) Readable(hash Text) bool {
	_, err := h.read(hash)
	return hash == "" || err == nil
}

// Adopt returns what is to be stored for the hash of another program, so that Verify compares passwords with it: the hash
// as it is, or, for a digest that costs nothing to try, an argon2id hash of it, which takes as long as Hash and has
// its errors.
func (h *Hasher) Adopt(ctx context.Context, hash foreign.Hash) (Text, error) {
	wrapping, digest, fast := hash.Fast()
	if !fast {
		if text := hash.Stored(); text != "" {
			return Text(text), nil
		}
		return "", errors.New("adopt a password hash: there is none")
	}
	own, err := h.Hash(ctx, Text(digest))
	if err != nil {
		return "", fmt.Errorf("adopt a password hash: %w", err)
	}
	return own + Text("$"+wrapping), nil
}

// matches waits for its turns and reports whether the hash is that of the password.
func (h *Hasher) matches(ctx context.Context, s stored, password Text) (bool, error) {
	if s.foreign != nil {
		return h.matchesForeign(ctx, *s.foreign, password)
	}
	if s.wrapping != "" {
		digest, err := foreign.Digest(s.wrapping, []byte(password))
		if err != nil {
			return false, errHash
		}
		password = Text(digest)
	}
	sum, err := h.sum(ctx, password, s.phc, len(s.sum))
	return err == nil && Text(sum).Equal(Text(s.sum)), err
}

// matchesForeign takes as many turns and places as the comparison costs.
func (h *Hasher) matchesForeign(ctx context.Context, hash foreign.Hash, password Text) (bool, error) {
	cost := hash.Cost()
	watch := h.watch()
	turn, err := h.queue.take(ctx, h.demand(cost.MemoryKiB, cost.WorkKiB))
	watch.turn(ctx, err)
	if err != nil {
		return false, err
	}
	defer h.queue.give(turn)

	match := hash.Matches([]byte(password))
	if cost.MemoryKiB > uint64(h.params.MemoryKiB) {
		h.spaces.dropped.Store(true)
	}
	watch.done(ctx, cost.WorkKiB)
	return match, nil
}

// demand returns how much of the queue a hash takes: as many turns as new hashes fit into its memory, and as many
// places as new hashes are made in its time.
func (h *Hasher) demand(memoryKiB, workKiB uint64) demand {
	return demand{
		turns:  int(max(1, memoryKiB/uint64(h.params.MemoryKiB))),
		places: int(max(1, workKiB/h.params.work())),
	}
}
