package secret

import (
	"context"
	"errors"
	"time"
)

// ErrBusy is returned when so many hashes are waiting that this one would not be done in time.
var ErrBusy = errors.New("password hashing is at its limit")

// BusyRetryAfter is when a caller who got ErrBusy may try again.
const BusyRetryAfter = 2 * time.Second

// Params are the costs of a password hash (argon2id).
type Params struct {
	MemoryKiB   uint32
	Passes      uint32
	Parallelism uint8
}

// Hasher makes and checks password hashes, a bounded number at once.
type Hasher struct{}

// NewHasher returns a hasher.
func NewHasher(p Params) (*Hasher, error) { panic("stub") }

// Hash returns the PHC string.
func (h *Hasher) Hash(ctx context.Context, password Text) (Text, error) { panic("stub") }

// Verify reports whether password is the one that hash was made of, and whether the hash is outdated.
// An empty hash is nobody's: the same work, and never a match.
func (h *Hasher) Verify(ctx context.Context, hash, password Text) (match, outdated bool, err error) {
	panic("stub")
}
