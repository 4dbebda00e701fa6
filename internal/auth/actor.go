package auth

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/latchkey-auth/latchkey/internal/text"
)

// Actor is who does something to an account that is not theirs, and why: an operator, an administrator, or the server. The use cases that take one serve
// every way in, and each of their acts records it in the audit trail. The zero Actor is no one, and may do
// nothing.
type Actor struct {
	name   string // as the audit trail has it
	reason string // in the actor's own words; empty: not given

	caller   *Caller // who acts through the API; nil: none does
	explains bool    // the reason may not be left out
}

// Actors as the audit trail names them.
const (
	ActorOperator = "operator" // at the command line
	ActorServer   = "server"   // by itself, when the time has come
)

// server acts on no one's request, as when a key is due.
var server = Actor{name: ActorServer}

// reasonMaxLength is in characters.
const reasonMaxLength = 500

var errReason = errors.New("a reason has at most 500 characters, without line breaks and other control characters")

// Operator is a person at the command line. Their authority is the access to the database, which they have
// shown to have. A reason may be left out; it is an error if it is too long, or has characters that a reader
// of the audit trail would not see.
func Operator(reason string) (Actor, error) {
	reason = strings.TrimSpace(reason)
	if utf8.RuneCountInString(reason) > reasonMaxLength || !text.Printable(reason) {
		return Actor{}, errReason
	}
	return Actor{name: ActorOperator, reason: reason}, nil
}

// errNoActor is returned to a caller that does not say who acts: a mistake in the program.
var errNoActor = errors.New("an act on the account of another needs an actor")

// by returns fn for a transaction in which the actor acts: what is audited in it names the actor.
func by(actor Actor, fn func(tx *tx) error) func(tx *tx) error {
	return func(tx *tx) error {
		if actor == (Actor{}) {
			return errNoActor
		}
		tx.actor = actor
		return fn(tx)
	}
}
