package store

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/text"
)

// checkTexts refuses texts that a database cannot keep as they are: Postgres knows no NUL, which
// would end a statement in the middle, and bun replaces what is not UTF-8. The error does not
// repeat them.
func checkTexts(doing string, texts ...string) error {
	for _, s := range texts {
		if !text.Storable(s) {
			return fmt.Errorf("store: %s: a text contains a NUL byte or is not valid UTF-8", doing)
		}
	}
	return nil
}

// stored returns t as databases keep it. A column whose zero time means "never" is tagged nullzero.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// nullID returns the id as a column keeps it in which uuid.Nil means "none". (A column of a model
// says so by the tag nullzero.)
func nullID(id uuid.UUID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil} }
