// Package model is the schema's types in Go, as gqlgen writes them, and the scalars that it does not know.
package model

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/99designs/gqlgen/graphql"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/profile"
)

var errNoObject = &auth.Error{Kind: auth.BadInput, Message: "A value of the type JSONObject has to be an object."}

// UnmarshalJSONObject reads an object of JSON from the variables, or from the document. Anything
// else is an auth.Error of kind BadInput.
func UnmarshalJSONObject(_ context.Context, value any) (map[string]any, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errNoObject
	}
	return object, nil
}

// MarshalJSONObject writes an object as JSON.
func MarshalJSONObject(object map[string]any) graphql.ContextMarshaler {
	return graphql.ContextWriterFunc(func(_ context.Context, w io.Writer) error {
		return json.NewEncoder(w).Encode(object)
	})
}

var errBrokenProfile = errors.New("a profile in the database is no JSON")

// MarshalProfile writes a profile as it is stored: no number in it loses a digit.
func MarshalProfile(profile profile.Profile) graphql.ContextMarshaler {
	return graphql.ContextWriterFunc(func(_ context.Context, w io.Writer) error {
		if !json.Valid([]byte(profile)) {
			return errBrokenProfile
		}
		_, err := io.WriteString(w, string(profile))
		return err
	})
}

// UnmarshalProfile is what gqlgen asks of every scalar. Profiles come in as objects, never so.
func UnmarshalProfile(context.Context, any) (profile.Profile, error) { return "", errNoObject }
