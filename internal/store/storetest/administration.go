package storetest

import (
	"context"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var _ = newCalls(map[string]func(ctx context.Context, s rows) error{
	"LockAdmins": func(ctx context.Context, s rows) error { _, err := s.LockAdmins(ctx, newID()); return err },
	"SearchUsers": func(ctx context.Context, s rows) error {
		_, err := s.SearchUsers(ctx, auth.UserQuery{By: auth.OrderByCreatedAt, Limit: 1})
		return err
	},
	"CountUsers": func(ctx context.Context, s rows) error {
		_, err := s.CountUsers(ctx, auth.UserFilter{}, 1)
		return err
	},
	"SearchAuditEvents": func(ctx context.Context, s rows) error {
		_, err := s.SearchAuditEvents(ctx, auth.AuditSearch{Limit: 1})
		return err
	},
	"LatestAuditEvents": func(ctx context.Context, s rows) error {
		_, err := s.LatestAuditEvents(ctx, []uuid.UUID{newID(), newID()}, 1)
		return err
	},
	"SessionsOfUsers": func(ctx context.Context, s rows) error {
		_, err := s.SessionsOfUsers(ctx, []uuid.UUID{newID()})
		return err
	},
	"IdentitiesOfUsers": func(ctx context.Context, s rows) error {
		_, err := s.IdentitiesOfUsers(ctx, []uuid.UUID{newID()})
		return err
	},
	"FactorsOfUsers": func(ctx context.Context, s rows) error {
		_, err := s.FactorsOfUsers(ctx, []uuid.UUID{newID()})
		return err
	},
})
