package graph

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/graph/model"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func user(u *auth.User) *model.User {
	if u == nil {
		return nil
	}
	return &model.User{
		ID:            u.ID,
		Email:         u.Email.Address,
		EmailVerified: u.EmailVerified(),
		Username:      stringOrNil(u.Username.Name),
		Name:          stringOrNil(u.Name),
		Profile:       u.Profile,
		Role:          u.Role,
		HasPassword:   u.HasPassword(),
		CreatedAt:     u.CreatedAt,
		UpdatedAt:     u.UpdatedAt,
		LastLoginAt:   timeOrNil(u.LastLoginAt),
	}
}

func session(s *auth.Session, isCurrent bool) *model.Session {
	if s == nil {
		return nil
	}
	return &model.Session{
		ID:              s.ID,
		Current:         isCurrent,
		CreatedAt:       s.CreatedAt,
		LastSeenAt:      s.LastSeenMinute(),
		ExpiresAt:       s.ExpiresMinute(),
		AuthenticatedAt: s.AuthenticatedAt,
		Methods:         s.Methods,
		SecondFactorAt:  timeOrNil(s.SecondFactorAt),
		Impersonated:    s.Impersonated(),
		IPAddress:       stringOrNil(s.IPAddress),
		UserAgent:       stringOrNil(s.UserAgent),
		Device:          stringOrNil(s.Device()),
	}
}

// sessions lists the sessions of the caller.
func sessions(ctx context.Context, list []*auth.Session) []model.Session {
	current := caller(ctx).Session.ID
	all := make([]model.Session, len(list))
	for i, s := range list {
		all[i] = *session(s, s.ID == current)
	}
	return all
}

// tokens gives the tokens of a session to their owner: in the answer, or in a cookie.
func tokens(ctx context.Context, t *auth.Tokens) *model.Tokens {
	setCookie(ctx, t)
	return &model.Tokens{
		AccessToken: secretOrNil(t.AccessToken), ExpiresAt: t.ExpiresAt,
		RefreshToken: secretOrNil(t.RefreshToken), RefreshExpiresAt: timeOrNil(t.RefreshExpiresAt),
	}
}

// refreshInput is what a session is refreshed by: a refresh token, or the token that came with the request.
func refreshInput(ctx context.Context, input *model.RefreshSessionInput) auth.RefreshInput {
	in := auth.RefreshInput{SessionToken: requestStateFrom(ctx).token}
	if input != nil {
		in.RefreshToken = input.RefreshToken
	}
	return in
}

// profileChange keeps apart what is left out and what is null, which clears.
func profileChange(newName graphql.Omittable[*string], newProfile graphql.Omittable[map[string]any]) auth.UpdateProfileInput {
	var change auth.UpdateProfileInput
	if name, ok := newName.ValueOK(); ok {
		text := orEmpty(name)
		change.Name = &text
	}
	if profile, ok := newProfile.ValueOK(); ok {
		change.Profile = &profile
	}
	return change
}

// stringOrNil makes null of an empty string.
func stringOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// secretOrNil makes null of an empty secret.
func secretOrNil(s secret.Text) *secret.Text {
	if s == "" {
		return nil
	}
	return &s
}

// idOrNil makes null of the zero id.
func idOrNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// timeOrNil makes null of the zero time.
func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// orZero makes the zero value of null.
func orZero[T any](value *T) T {
	if value == nil {
		return *new(T)
	}
	return *value
}

// orEmpty makes an empty string of null.
func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
