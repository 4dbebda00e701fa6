package store

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/google/uuid"
)

// revision is a number that grows with each change of a user or a session.
type revision uint64

// revisionUsers is how many numbers there are for users. Some users share one, and a change of one of them
// makes the database be asked for the others too.
const revisionUsers = 4096

// revisions are the numbers of the last changes. A change is not looked up in the cache: what was read at
// an earlier revision than that of the last change of its user is void. So is an answer of the database
// that was on its way during the change, whichever of the two arrives first.
type revisions struct {
	last    atomic.Uint64
	ofAll   atomic.Uint64                // of the last change of all users
	ofUsers [revisionUsers]atomic.Uint64 // of the last change of a user with this number
}

func (r *revisions) latest() revision { return revision(r.last.Load()) }

// unchangedSince reports whether no change of the user is known that came after a revision.
func (r *revisions) unchangedSince(read revision, user uuid.UUID) bool {
	return read >= revision(r.ofUser(user).Load()) && read >= revision(r.ofAll.Load())
}

// change counts a change of a user, or of all users for uuid.Nil.
func (r *revisions) change(user uuid.UUID) {
	if user == uuid.Nil {
		r.changeAll()
		return
	}
	raise(r.ofUser(user), r.last.Add(1))
}

func (r *revisions) changeAll() { raise(&r.ofAll, r.last.Add(1)) }

func (r *revisions) ofUser(id uuid.UUID) *atomic.Uint64 {
	return &r.ofUsers[binary.BigEndian.Uint64(id[8:])%revisionUsers] // those bits of a UUIDv7 are random
}

// raise sets a number unless it is higher already.
func raise(number *atomic.Uint64, to uint64) {
	for {
		now := number.Load()
		if now >= to || number.CompareAndSwap(now, to) {
			return
		}
	}
}
