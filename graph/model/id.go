package model

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
)

// MarshalID writes an id.
func MarshalID(id uuid.UUID) graphql.Marshaler { return graphql.MarshalUUID(id) }

// UnmarshalID reads an id. GraphQL allows any text and number where it says ID, and clients treat
// ids as opaque, so one that never was ours is no fault of the request: it becomes uuid.Nil, which
// nothing has, and gets the answer of an id that is unknown.
func UnmarshalID(v any) (uuid.UUID, error) {
	id, err := graphql.UnmarshalUUID(v)
	if err != nil {
		return uuid.Nil, nil //nolint:nilerr // see above
	}
	return id, nil
}
