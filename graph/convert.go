package graph

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/graph/model"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// problems splits an error of the domain: what the user can mend becomes data, everything else
// stays an error. The list is never nil, because the schema's is not.
func problems(err error) ([]auth.Problem, error) {
	var found auth.Problems
	if errors.As(err, &found) {
		return found, nil
	}
	return []auth.Problem{}, err
}

func user(u *auth.User) *model.User {
	if u == nil {
		return nil
	}
	return &model.User{
		ID:            u.ID,
		Email:         u.Email.Address,
		EmailVerified: u.EmailVerified(),
		Username:      optional(u.Username.Name),
		Name:          optional(u.Name),
		Profile:       u.Profile,
		Role:          u.Role,
		HasPassword:   u.HasPassword(),
		CreatedAt:     u.CreatedAt,
		UpdatedAt:     u.UpdatedAt,
		LastLoginAt:   moment(u.LastLoginAt),
	}
}

func session(s *auth.Session, current bool) *model.Session {
	return &model.Session{
		ID:              s.ID,
		Current:         current,
		CreatedAt:       s.CreatedAt,
		LastSeenAt:      s.LastSeenAt,
		ExpiresAt:       s.ExpiresAt(),
		AuthenticatedAt: s.AuthenticatedAt,
		IPAddress:       optional(s.IPAddress),
		UserAgent:       optional(s.UserAgent),
		Device:          optional(s.Device()),
	}
}

func sessions(asking *auth.Caller, list []*auth.Session) []model.Session {
	all := make([]model.Session, len(list))
	for i, s := range list {
		all[i] = *session(s, s.ID == asking.Session.ID)
	}
	return all
}

func revokeSessionPayload(ctx context.Context, asking *auth.Caller, revoked *auth.Session, err error) (*model.RevokeSessionPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	payload := &model.RevokeSessionPayload{Errors: found}
	if revoked != nil {
		isCurrent := revoked.ID == asking.Session.ID
		payload.Session = session(revoked, isCurrent)
		if isCurrent {
			clearCookie(ctx)
		}
	}
	return payload, nil
}

// tokens reveals the tokens of a session: this is where they go to their owner. One for a cookie goes
// there instead.
func tokens(ctx context.Context, t *auth.Tokens) *model.Tokens {
	setCookie(ctx, t)
	return &model.Tokens{
		AccessToken: optional(t.AccessToken.Reveal()), ExpiresAt: t.ExpiresAt,
		RefreshToken: optional(t.RefreshToken.Reveal()), RefreshExpiresAt: moment(t.RefreshExpiresAt),
	}
}

func authPayload(ctx context.Context, grant *auth.Grant, err error) (*model.AuthPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	payload := &model.AuthPayload{Errors: found}
	if grant != nil {
		payload.User, payload.Session, payload.Tokens = user(grant.User), session(grant.Session, true), tokens(ctx, grant.Tokens)
	}
	return payload, nil
}

func registerPayload(ctx context.Context, registration *auth.Registration, err error) (*model.RegisterPayload, error) {
	var grant *auth.Grant
	if registration != nil {
		grant = registration.Grant
	}
	payload, err := authPayload(ctx, grant, err)
	if err != nil {
		return nil, err
	}
	return &model.RegisterPayload{
		ConfirmationRequired: registration != nil && registration.ConfirmationRequired(),
		Tokens:               payload.Tokens,
		User:                 payload.User,
		Session:              payload.Session,
		Errors:               payload.Errors,
	}, nil
}

func changePasswordPayload(ctx context.Context, change *auth.PasswordChange, err error) (*model.ChangePasswordPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	payload := &model.ChangePasswordPayload{Errors: found}
	if change != nil {
		payload.User, payload.Tokens, payload.EndedCount = user(change.User), tokens(ctx, change.Tokens), change.EndedCount
	}
	return payload, nil
}

// profileChange keeps apart what is left out and what is null, which clears.
func profileChange(input model.UpdateProfileInput) auth.UpdateProfileInput {
	var change auth.UpdateProfileInput
	if name, ok := input.Name.ValueOK(); ok {
		text := given(name)
		change.Name = &text
	}
	if profile, ok := input.Profile.ValueOK(); ok {
		change.Profile = &profile
	}
	return change
}

func reauthenticatePayload(renewed *auth.Session, err error) (*model.ReauthenticatePayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	payload := &model.ReauthenticatePayload{Errors: found}
	if renewed != nil {
		payload.Session = session(renewed, true)
	}
	return payload, nil
}

// optional makes null of what is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// idOrNil makes null of no id.
func idOrNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// moment makes null of the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// given makes an empty string of null.
func given(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func secretOrNil(s *string) *secret.Text {
	return (*secret.Text)(s)
}
