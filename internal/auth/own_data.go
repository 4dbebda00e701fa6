package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// OwnData is everything that is remembered about a user, but for what opens the account: no hash, no token, no secret
// of an authenticator app, and no key. Lists are the newest first, but for passkeys and identities.
type OwnData struct {
	At           time.Time
	User         *User
	External     *ExternalID // nil: the account was not imported
	Sessions     []*Session  // the one that asks first
	Factors      *SecondFactors
	Identities   []*Identity
	Devices      []*MetDevice
	EmailChanges []*EmailChange
	Invitations  []*Invitation // that the user accepted
	Events       []*AuditEvent // of the account; the newest ones, up to ownEventsMax
}

// MetDevice is a device from which a user has signed in.
type MetDevice struct {
	Device      string // the network, and the browser and system in words
	LastLoginAt time.Time
}

// ownEventsMax is how many events of the audit trail a user is given. Those of more than a year are not kept.
const ownEventsMax = 10_000

// LimitExportData bounds what a stolen session can have the server read.
var LimitExportData = newLimit("export_data", "Downloads of everything that is remembered about the own account.", perAccount(5, time.Minute))

var actDataExported = newAct("data_exported", "A signed-in user downloaded everything that is remembered about the account.", outcomeOK, outcomeLimited)

// ownDataReader reads what nothing else shows to a user.
type ownDataReader interface {
	// MetDevices returns the devices from which a user has signed in, the last one first; none is no error.
	MetDevices(ctx context.Context, userID uuid.UUID) ([]*MetDevice, error)
	// EmailChangesOf returns the changes of address of a user that are remembered, the newest first; none is no error.
	EmailChangesOf(ctx context.Context, userID uuid.UUID) ([]*EmailChange, error)
	// AcceptedInvitations returns the invitations that a user has accepted, the newest first; none is no error.
	AcceptedInvitations(ctx context.Context, userID uuid.UUID) ([]*Invitation, error)
}

// OwnData returns everything that is remembered about the caller. The audit trail has that it was asked for.
// Errors: kind Unauthenticated if the session ended meanwhile, RateLimited when this was asked for too often.
func (s *Service) OwnData(ctx context.Context, caller *Caller) (*OwnData, error) {
	if err := s.limit(ctx, LimitExportData, actDataExported, limitedUser(caller.User.ID)); err != nil {
		return nil, fmt.Errorf("export own data: %w", err)
	}
	data := &OwnData{}
	err := s.do(ctx, "export own data", func(tx *tx) (err error) {
		data.At = tx.at
		if data.User, err = lockCaller(ctx, tx, caller); err != nil {
			return err
		}
		return tx.audit(ctx, actDataExported, caller.User.ID, caller.Session.ID)
	})
	if err != nil {
		return nil, err
	}
	if err := s.readOwn(ctx, caller, data); err != nil {
		return nil, fmt.Errorf("export own data: %w", err)
	}
	return data, nil
}

func (s *Service) readOwn(ctx context.Context, caller *Caller, data *OwnData) error {
	id := data.User.ID
	belongings, err := s.store.BelongingsOf(ctx, id, id)
	if err != nil {
		return err
	}
	if of := belongings[id]; of != nil {
		data.External = of.External
	}
	if data.Sessions, err = s.Sessions(ctx, caller); err != nil {
		return err
	}
	if data.Factors, err = s.SecondFactors(ctx, id, data.User.Role); err != nil {
		return err
	}
	if data.Identities, err = s.store.IdentitiesOf(ctx, id); err != nil {
		return err
	}
	if data.Devices, err = s.store.MetDevices(ctx, id); err != nil {
		return err
	}
	if data.EmailChanges, err = s.store.EmailChangesOf(ctx, id); err != nil {
		return err
	}
	if data.Invitations, err = s.store.AcceptedInvitations(ctx, id); err != nil {
		return err
	}
	data.Events, err = s.eventsOf(ctx, id)
	return err
}

// eventsOf returns the newest events of an account.
func (s *Service) eventsOf(ctx context.Context, id uuid.UUID) ([]*AuditEvent, error) {
	var (
		events []*AuditEvent
		from   *Position
	)
	for len(events) < ownEventsMax {
		page, err := s.store.SearchAuditEvents(ctx, AuditSearch{Filter: AuditFilter{UserID: &id}, From: from, Limit: auditPage})
		if err != nil {
			return nil, err
		}
		events = append(events, page...)
		if len(page) < auditPage {
			break
		}
		last := page[len(page)-1].position()
		from = &last
	}
	return events, nil
}
