package model

import (
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// Payload is what a mutation answers: its result, and the problems that the user can mend. With
// problems the result is the zero value.
type Payload[T any] struct {
	Result T
	Errors []auth.Problem
}

// The payloads by their result. gqlgen.yml binds the payload types of the schema to them.
type (
	// UserPayload holds the user as they are now.
	UserPayload = Payload[*User]
	// SessionPayload holds the session that was changed.
	SessionPayload = Payload[*Session]
	// RequestPayload holds the id of a request for an emailed code.
	RequestPayload = Payload[*uuid.UUID]
	// CountPayload holds how many sessions ended.
	CountPayload = Payload[int]
	// CheckPayload holds whether what was checked is accepted.
	CheckPayload = Payload[bool]
	// IDPayload holds the id of what is gone.
	IDPayload = Payload[*uuid.UUID]
	// EmptyPayload has no result.
	EmptyPayload = Payload[struct{}]
)
