package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Bounds of trusted devices.
const (
	// trustedDeviceLifetime is how long a device is trusted after a second factor was proved on it.
	trustedDeviceLifetime = 30 * 24 * time.Hour
	// maxTrustedDevices is how many a user has at once. Another one takes the place of the oldest.
	maxTrustedDevices = 20
)

// TrustedDevice is a client on which a second factor was proved, and whose user asked for the next logins there to
// skip it. It is no credential: without the first factor its token opens nothing, and a session that began by it has
// proved one factor.
type TrustedDevice struct {
	ID        uuid.UUID
	UserID    uuid.UUID
	Digest    []byte // SHA-256 of its token
	Device    string // in words; empty: not known
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Holds reports whether a token is that of the device. Whether the device is still trusted is another question.
func (d *TrustedDevice) Holds(token secret.Text) bool {
	return secret.CheckToken(secret.DeviceToken, token) == nil && bytes.Equal(d.Digest, secret.Digest(token))
}

// TrustedDeviceToken is what a client keeps to skip the second factor of its next logins.
type TrustedDeviceToken struct {
	Token     secret.Text // empty: a cookie carries it
	Cookie    secret.Text // for a cookie; empty: none is to be set
	ExpiresAt time.Time
}

// trustedDeviceReader finds trusted devices.
type trustedDeviceReader interface {
	// TrustedDevices returns the devices of a user, expired ones too, the newest first; none is no error.
	TrustedDevices(ctx context.Context, userID uuid.UUID) ([]*TrustedDevice, error)
}

// trustedDeviceStore remembers trusted devices. tokenStore.DeleteTokens removes those of a user as well.
type trustedDeviceStore interface {
	trustedDeviceReader

	// CreateTrustedDevice adds a device. ErrNotFound when there is no such user.
	CreateTrustedDevice(ctx context.Context, device *TrustedDevice) error
	// DeleteTrustedDevice removes a device of a user; ErrNotFound if the user has none with this id.
	DeleteTrustedDevice(ctx context.Context, userID, id uuid.UUID) error
	// DeleteTrustedDevices removes all devices of a user. If there are none, that is no error.
	DeleteTrustedDevices(ctx context.Context, userID uuid.UUID) error
}

// ExpiredTrustedDevices are devices that are not trusted any more.
var ExpiredTrustedDevices = newExpired("trusted devices", cleanupTask{order: 48})

// Acts of this feature.
var (
	// actDeviceTrusted names no session: it is about to begin.
	actDeviceTrusted        = newAct("trusted_device_added", "A user proved a second factor, and asked to skip it on this device for 30 days.")
	actTrustedDeviceRemoved = newAct("trusted_device_removed", "A signed-in user removed a trusted device.")
)

var errNoSuchTrustedDevice = Problems{problem(NotFound, "id", "None of your trusted devices has this id. Perhaps it was removed or has expired.")}

// trustedDevice returns the device with a token if it skips the second factor of a locked user; uuid.Nil: there is no
// such device. It stands in for a factor that the user has, and never for one that is still to be set up.
func (s *Service) trustedDevice(ctx context.Context, tx *tx, user *User, token secret.Text) (uuid.UUID, error) {
	if !s.config.TrustedDevices || !user.HasSecondFactor() || secret.CheckToken(secret.DeviceToken, token) != nil {
		return uuid.Nil, nil
	}
	devices, err := tx.TrustedDevices(ctx, user.ID)
	if err != nil {
		return uuid.Nil, err
	}
	for _, d := range devices {
		if d.Holds(token) && tx.at.Before(d.ExpiresAt) {
			return d.ID, nil
		}
	}
	return uuid.Nil, nil
}

// restsOnTrust reports whether the session began on a trusted device, and no second factor was proved in it since.
func (s *Session) restsOnTrust() bool {
	return s.Factors < 2 && slices.Contains(s.Methods, MethodTrustedDevice)
}

// begunByTrustedDevice reports whether a session skipped the second factor, and may.
func (s *Service) begunByTrustedDevice(user *User, session *Session) bool {
	return s.config.TrustedDevices && user.HasSecondFactor() && session.restsOnTrust()
}

// trustDevice trusts the device of the request, whose locked user has proved a second factor. It takes the place of
// the device with the token that was presented, of those that have expired, and of the oldest if there are too many:
// sessions on these go on, as when the trust expires by itself.
func (s *Service) trustDevice(ctx context.Context, tx *tx, user *User, delivery Delivery, presented secret.Text) (uuid.UUID, *TrustedDeviceToken, error) {
	devices, err := tx.TrustedDevices(ctx, user.ID)
	if err != nil {
		return uuid.Nil, nil, err
	}
	kept := 0
	for _, device := range devices {
		if kept < maxTrustedDevices-1 && tx.at.Before(device.ExpiresAt) && !device.Holds(presented) {
			kept++
			continue
		}
		if err := tx.DeleteTrustedDevice(ctx, user.ID, device.ID); err != nil {
			return uuid.Nil, nil, err
		}
	}
	token := secret.NewToken(secret.DeviceToken)
	device := &TrustedDevice{
		ID: newID(), UserID: user.ID, Digest: secret.Digest(token), Device: deviceInWords(tx.request.UserAgent),
		CreatedAt: tx.at, ExpiresAt: tx.at.Add(trustedDeviceLifetime),
	}
	if err := tx.CreateTrustedDevice(ctx, device); err != nil {
		return uuid.Nil, nil, err
	}
	if err := tx.audit(ctx, actDeviceTrusted, user.ID, noSession); err != nil {
		return uuid.Nil, nil, err
	}
	if delivery == DeliveryCookie {
		return device.ID, &TrustedDeviceToken{Cookie: token, ExpiresAt: device.ExpiresAt}, nil
	}
	return device.ID, &TrustedDeviceToken{Token: token, ExpiresAt: device.ExpiresAt}, nil
}

// trustedDevices returns the devices of a user that are trusted now, the newest first.
func (s *Service) trustedDevices(ctx context.Context, userID uuid.UUID) ([]*TrustedDevice, error) {
	if !s.config.TrustedDevices {
		return nil, nil
	}
	devices, err := s.store.TrustedDevices(ctx, userID)
	if err != nil {
		return nil, err
	}
	now := s.now()
	return slices.DeleteFunc(devices, func(d *TrustedDevice) bool { return !now.Before(d.ExpiresAt) }), nil
}

// RemoveTrustedDevice has the next login on a device of the caller ask for the second factor again, and returns the
// device. Whoever removes a device may have lost it: the sessions on it end, also the one in which it became trusted.
// Only the session that asks goes on. Problems: NOT_FOUND. Errors: kind Unauthenticated if the account is gone,
// RateLimited.
func (s *Service) RemoveTrustedDevice(ctx context.Context, caller *Caller, id uuid.UUID) (*TrustedDevice, error) {
	if err := s.limit(ctx, limitManageFactors, "", limitedSession(caller.Session.ID)); err != nil {
		return nil, fmt.Errorf("remove a trusted device: %w", err)
	}
	var removed *TrustedDevice
	err := s.do(ctx, "remove a trusted device", func(tx *tx) error {
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		devices, err := tx.TrustedDevices(ctx, user.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(devices, func(d *TrustedDevice) bool { return d.ID == id })
		if at < 0 {
			return errNoSuchTrustedDevice
		}
		removed = devices[at]
		switch err := tx.DeleteTrustedDevice(ctx, user.ID, id); {
		case errors.Is(err, ErrNotFound):
			return errNoSuchTrustedDevice
		case err != nil:
			return err
		}
		err = endSessionsIf(ctx, tx, user.ID, func(session *Session) bool {
			return session.TrustedDeviceID == id && session.ID != caller.Session.ID
		})
		if err != nil {
			return err
		}
		return tx.audit(ctx, actTrustedDeviceRemoved, user.ID, caller.Session.ID)
	})
	if err != nil {
		return nil, err
	}
	return removed, nil
}

// distrust has whoever uses the account of a locked user prove all factors again, wherever that is: the logins that wait
// end, and so does all trust, as by endTrust.
func distrust(ctx context.Context, tx *tx, userID, except uuid.UUID) error {
	if err := tx.DeleteLoginChallenges(ctx, userID); err != nil {
		return err
	}
	return endTrust(ctx, tx, userID, except)
}

// endTrust trusts no device of a locked user any more, and ends the sessions that rest on one, but the session given.
// Without that, whoever has a trusted device would stay in for as long as a session lasts.
func endTrust(ctx context.Context, tx *tx, userID, except uuid.UUID) error {
	err := endSessionsIf(ctx, tx, userID, func(session *Session) bool { return session.restsOnTrust() && session.ID != except })
	if err != nil {
		return err
	}
	return tx.DeleteTrustedDevices(ctx, userID)
}

// endSessionsIf ends the sessions of a locked user for which a condition holds.
func endSessionsIf(ctx context.Context, tx *tx, userID uuid.UUID, ends func(session *Session) bool) error {
	sessions, err := tx.Sessions(ctx, userID)
	if err != nil {
		return err
	}
	for _, session := range sessions {
		if !ends(session) {
			continue
		}
		if err := tx.EndSession(ctx, session.ID); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}
