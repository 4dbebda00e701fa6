package auth

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// What is read of several users at once costs as many statements as of one.

// AccountByID returns a user, for whoever may see all of them. ErrNotFound if there is none.
func (s *Service) AccountByID(ctx context.Context, id uuid.UUID) (*User, error) {
	user, err := s.store.UserByID(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find account: %w", err)
	}
	return user, nil
}

// SessionsOf returns the living sessions of each of the users, the last seen first.
func (s *Service) SessionsOf(ctx context.Context, userIDs []uuid.UUID) (map[uuid.UUID][]*Session, error) {
	sessions, err := s.store.SessionsOfUsers(ctx, userIDs)
	if err != nil {
		return nil, fmt.Errorf("list sessions of users: %w", err)
	}
	now := s.now()
	sessions = slices.DeleteFunc(sessions, func(session *Session) bool { return session.Expired(now) })
	return byUser(sessions, func(session *Session) uuid.UUID { return session.UserID }), nil
}

// IdentitiesOf returns the identities of each of the users, the oldest first.
func (s *Service) IdentitiesOf(ctx context.Context, userIDs []uuid.UUID) (map[uuid.UUID][]*Identity, error) {
	identities, err := s.store.IdentitiesOfUsers(ctx, userIDs)
	if err != nil {
		return nil, fmt.Errorf("list identities of users: %w", err)
	}
	return byUser(identities, func(i *Identity) uuid.UUID { return i.UserID }), nil
}

// SecondFactorsOf returns what each of the users has of second factors, as SecondFactors does of one.
func (s *Service) SecondFactorsOf(ctx context.Context, users map[uuid.UUID]Role) (map[uuid.UUID]*SecondFactors, error) {
	ids := make([]uuid.UUID, 0, len(users))
	all := make(map[uuid.UUID]*SecondFactors, len(users))
	for id, role := range users {
		ids = append(ids, id)
		all[id] = &SecondFactors{Required: s.config.requiresSecondFactor(role)}
	}
	rows, err := s.store.FactorsOfUsers(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("list second factors of users: %w", err)
	}
	for _, totp := range rows.TOTP {
		all[totp.UserID].TOTP = totp
	}
	for id, count := range rows.RecoveryCodes {
		all[id].RecoveryCodesLeft = count
	}
	now := s.now()
	for _, device := range rows.Devices {
		if s.config.TrustedDevices && now.Before(device.ExpiresAt) {
			all[device.UserID].Devices = append(all[device.UserID].Devices, device)
		}
	}
	for _, passkey := range rows.Passkeys {
		all[passkey.UserID].Passkeys = append(all[passkey.UserID].Passkeys, passkey)
	}
	return all, nil
}

// byUser sorts rows by the users whose they are, and leaves their order.
func byUser[T any](rows []T, user func(T) uuid.UUID) map[uuid.UUID][]T {
	of := map[uuid.UUID][]T{}
	for _, row := range rows {
		of[user(row)] = append(of[user(row)], row)
	}
	return of
}
