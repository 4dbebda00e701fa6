package graph

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// ownData is everything that is remembered about a user.
type ownData interface {
	OwnData(ctx context.Context, caller *auth.Caller) (*auth.OwnData, error)
}

// object is what becomes an object of JSON.
type object = map[string]any

// ownDataDocument is the answer of exportMyData. Each of its fields is named here, so that nothing gets into it by having
// been added to the domain.
func ownDataDocument(ctx context.Context, data *auth.OwnData, err error) (object, error) {
	if err != nil {
		return nil, err
	}
	document := object{
		"exportedAt":     data.At,
		"account":        ownAccount(data.User),
		"externalId":     nil,
		"sessions":       each(data.Sessions, func(s *auth.Session) object { return ownSession(s, s.ID == caller(ctx).Session.ID) }),
		"secondFactors":  ownFactors(data.Factors),
		"passkeys":       each(data.Factors.Passkeys, ownPasskey),
		"identities":     each(data.Identities, ownIdentity),
		"trustedDevices": each(data.Factors.Devices, ownTrustedDevice),
		"devices":        each(data.Devices, func(d *auth.MetDevice) object { return object{"device": d.Device, "lastLoginAt": d.LastLoginAt} }),
		"emailChanges":   each(data.EmailChanges, ownEmailChange),
		"invitations":    each(data.Invitations, ownInvitation),
		"events":         each(data.Events, ownEvent),
	}
	if external := data.External; external != nil {
		document["externalId"] = object{"source": external.Source, "id": external.ID, "importedAt": external.ImportedAt}
	}
	return document, nil
}

func each[T any](list []T, describe func(T) object) []object {
	all := make([]object, len(list))
	for i, one := range list {
		all[i] = describe(one)
	}
	return all
}

func ownAccount(u *auth.User) object {
	return object{
		"id": u.ID, "email": u.Email.Address, "emailVerifiedAt": timeOrNil(u.VerifiedAt),
		"username": stringOrNil(u.Username.Name), "name": stringOrNil(u.Name), "profile": json.RawMessage(u.Profile), "role": u.Role,
		"hasPassword": u.HasPassword(), "createdAt": u.CreatedAt, "updatedAt": u.UpdatedAt, "lastLoginAt": timeOrNil(u.LastLoginAt),
		"secondFactorSince": timeOrNil(u.SecondFactorSince),
	}
}

func ownSession(s *auth.Session, isCurrent bool) object {
	return object{
		"id": s.ID, "current": isCurrent, "createdAt": s.CreatedAt, "lastSeenAt": s.LastSeenMinute(), "expiresAt": s.ExpiresMinute(),
		"authenticatedAt": s.AuthenticatedAt, "secondFactorAt": timeOrNil(s.SecondFactorAt), "methods": s.Methods, "impersonated": s.Impersonated(),
		"ipAddress": stringOrNil(s.IPAddress), "userAgent": stringOrNil(s.UserAgent), "device": stringOrNil(s.Device()),
	}
}

func ownFactors(f *auth.SecondFactors) object {
	document := object{"required": f.Required, "totp": nil, "recoveryCodesLeft": f.RecoveryCodesLeft}
	if f.TOTP != nil {
		document["totp"] = object{"createdAt": f.TOTP.CreatedAt, "lastUsedAt": timeOrNil(f.TOTP.LastUsedAt)}
	}
	return document
}

func ownPasskey(p *auth.Passkey) object {
	return object{
		"id": p.ID, "name": p.Name, "provider": stringOrNil(p.Provider()), "transports": p.Transports, "backedUp": p.BackedUp,
		"createdAt": p.CreatedAt, "lastUsedAt": timeOrNil(p.LastUsedAt), "clonedAt": timeOrNil(p.ClonedAt),
	}
}

func ownIdentity(i *auth.Identity) object {
	return object{
		"id": i.ID, "provider": i.Provider, "issuer": i.Issuer, "subject": i.Subject, "email": stringOrNil(i.Email), "name": stringOrNil(i.Name),
		"createdAt": i.CreatedAt, "lastUsedAt": timeOrNil(i.LastUsedAt),
	}
}

func ownTrustedDevice(d *auth.TrustedDevice) object {
	return object{"id": d.ID, "device": stringOrNil(d.Device), "createdAt": d.CreatedAt, "expiresAt": d.ExpiresAt}
}

func ownEmailChange(c *auth.EmailChange) object {
	return object{
		"oldEmail": c.Old.Address, "newEmail": c.New.Address, "requestedAt": c.RequestedAt, "expiresAt": c.ExpiresAt,
		"changedAt": timeOrNil(c.ChangedAt), "undoUntil": timeOrNil(c.UndoUntil),
		"ipAddress": stringOrNil(c.IPAddress), "userAgent": stringOrNil(c.UserAgent),
	}
}

func ownInvitation(i *auth.Invitation) object {
	return object{"email": i.Email.Address, "role": i.Role, "createdAt": i.CreatedAt, "acceptedAt": timeOrNil(i.AcceptedAt)}
}

// ownEvent is an event as its user is told of it. Who else acted on the account is no more than what they are to the
// user, and from where they did is theirs.
func ownEvent(e *auth.AuditEvent) object {
	document := object{"at": e.At, "act": e.Act, "outcome": e.Outcome, "by": ownEventBy(e), "sessionId": nil, "ipAddress": nil, "userAgent": nil, "device": nil}
	if e.Actor == "" {
		document["ipAddress"], document["userAgent"], document["device"] = stringOrNil(e.IPAddress), stringOrNil(e.UserAgent), stringOrNil(e.Device())
		if e.SessionID != uuid.Nil {
			document["sessionId"] = e.SessionID
		}
	}
	return document
}

func ownEventBy(e *auth.AuditEvent) string {
	switch e.Actor {
	case "":
		return "account"
	case auth.ActorOperator, auth.ActorServer:
		return e.Actor
	}
	return "administrator"
}
