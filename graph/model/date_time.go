package model

import (
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var errNoDateTime = &auth.Error{Kind: auth.BadInput, Message: "A value of the type DateTime has to be a text as in RFC 3339, such as 2026-03-29T01:30:00Z."}

// MarshalDateTime writes a time.
func MarshalDateTime(t time.Time) graphql.Marshaler { return graphql.MarshalTime(t) }

// UnmarshalDateTime reads a time, of a year that every database can keep. Anything else is an auth.Error of kind BadInput.
func UnmarshalDateTime(value any) (time.Time, error) {
	text, ok := value.(string)
	if !ok {
		return time.Time{}, errNoDateTime
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
		return time.Time{}, errNoDateTime
	}
	return t.UTC(), nil
}
