package importer

import (
	"errors"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// ownHash reads a hash that this program has stored, be it its own or one that it imported.
func ownHash(text string) (foreign.Hash, secret.Text, error) {
	if strings.HasPrefix(text, "$argon2id$v=19$") { // package auth looks whether it can be compared
		return foreign.Hash{}, secret.Text(text), nil
	}
	if h, err := foreign.Read(text); err == nil {
		return h, "", nil
	}
	h, err := foreign.Parse(text)
	return h, "", err
}

// hash takes the hash of the row, as one of the parsers of foreign returned it. Without it the user chooses a new
// password. That there is none, is nothing to tell.
func (r *Row) hash(h foreign.Hash, err error) {
	switch {
	case errors.Is(err, foreign.ErrUnusable):
	case errors.Is(err, foreign.ErrTooDear):
		r.note("password", causeNoPassword+"the hash takes more time or memory to compare than is allowed.")
	case err != nil:
		r.note("password", causeNoPassword+"the hash is damaged, or of an unknown kind.")
	default:
		r.User.ForeignHash = &h
	}
}

const causeNoPassword = "The user was imported without a password, and chooses one by a reset: " //nolint:gosec // words, no password
