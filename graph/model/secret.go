package model

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// MarshalSecret writes a secret for its owner, as a string.
func MarshalSecret(text secret.Text) graphql.Marshaler { return graphql.MarshalString(text.Reveal()) }

// UnmarshalSecret reads a string of the schema that is a secret: from here on it does not print.
func UnmarshalSecret(value any) (secret.Text, error) {
	text, err := graphql.UnmarshalString(value)
	return secret.Text(text), err
}
