package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// deviceKnownFor is for how long a login makes a device one that the account knows.
const deviceKnownFor = 30 * 24 * time.Hour

// limitsKept is how long counts are kept that count nothing any more, for replicas whose clocks are behind.
const limitsKept = time.Hour

// What is removed of limits.
var (
	ExpiredLimits       = newExpired("counts of limits", cleanupTask{order: 120, kept: limitsKept})
	ExpiredHolds        = newExpired("attempts under way", cleanupTask{order: 130, kept: limitsKept}) // from when they are given up
	ExpiredKnownDevices = newExpired("clients of accounts", cleanupTask{order: 140, kept: deviceKnownFor})
)

// strangeFor is how long a replica takes a device for one that an account does not know without asking
// the store again, so that it answers a flood from memory. If the device logs in through another replica
// meanwhile, this one knows it that much later.
const strangeFor = 10 * time.Second

// devices returns what the device of a request can be recognized by: its network address. A cookie with a
// secret of the device would be another line here.
func devices(r Request) []string {
	if address := clientAddress(r); address != "" {
		return []string{"address " + address}
	}
	return nil
}

// limited is what counts as the account of an identifier: what was typed, and never whose it is. An account
// with an address and a username has two, and so twice the guesses: were they one, who has used up
// those of an address could find out by RATE_LIMITED which username belongs to it, and that there
// is such an account at all.
func (h identifier) limited() string {
	if h.username != (Username{}) {
		return "username " + h.username.Key
	}
	return "email " + h.email.Canonical
}

// identifiers returns both.
func identifiers(user *User) []identifier {
	all := []identifier{{email: user.Email}}
	if user.Username != (Username{}) {
		all = append(all, identifier{username: user.Username})
	}
	return all
}

// limitedUser is what counts as the account in a session.
func limitedUser(id uuid.UUID) string { return "user " + id.String() }

// limitedSession is what counts as the account for what a session does to itself.
func limitedSession(id uuid.UUID) string { return "session " + id.String() }

// limitedFrom is what counts as the account for who is not logged in: the identifier, whoever asks, so
// that many machines have no more guesses than one; but a device that has logged in with it lately
// counts by itself, so that no stranger can lock the owner out. It is one and the same query whether
// there is such an account or not. What it cannot hide is told to those only who share the address
// with the owner: that there is a user who was not refused with all others.
func (s *Service) limitedFrom(ctx context.Context, limit Limit, h identifier) (string, error) {
	account := h.limited()
	if _, ok := s.config.Limits.rate(rule{limit, PerAccount}); !ok {
		return account, nil
	}
	for _, device := range devices(RequestFrom(ctx)) {
		fingerprint := s.deviceKey.Fingerprint("client", account, device)
		now := s.now()
		if left := s.strangers.Until(fingerprint).Sub(now); left > 0 && left <= strangeFor {
			continue
		}
		known, err := s.store.IsDeviceKnown(ctx, [][]byte{fingerprint[:]}, now.Add(-deviceKnownFor))
		if err != nil {
			return "", fmt.Errorf("look for a known device: %w", err)
		}
		if known {
			return account + " from " + device, nil
		}
		s.strangers.Remember(fingerprint, now.Add(strangeFor), now)
	}
	return account, nil
}

// limitIdentifier is limit for an identifier, known or not.
func (s *Service) limitIdentifier(ctx context.Context, limit Limit, act Act, h identifier) error {
	account, err := s.limitedFrom(ctx, limit, h)
	if err != nil {
		return err
	}
	return s.limit(ctx, limit, act, account)
}

// rememberDevice notes that a user has logged in from the device of the request, with whichever proof. It
// runs in the transaction of the login.
func (s *Service) rememberDevice(ctx context.Context, tx *tx, user *User) error {
	if s.config.Limits.Off() {
		return nil
	}
	var fingerprints [][]byte
	for _, device := range devices(tx.request) {
		for _, h := range identifiers(user) {
			fingerprint := s.deviceKey.Fingerprint("client", h.limited(), device)
			fingerprints = append(fingerprints, fingerprint[:])
			s.strangers.Forget(fingerprint)
		}
	}
	if len(fingerprints) == 0 {
		return nil
	}
	return tx.RememberDevice(ctx, user.ID, fingerprints, tx.at)
}

// forgetOtherDevices forgets all devices of a user but that of the request. It is for a user who has another
// name or address now: the old one, with the devices noted under it, may belong to another user next.
func (s *Service) forgetOtherDevices(ctx context.Context, tx *tx, user *User) error {
	if err := tx.ForgetDevices(ctx, user.ID); err != nil {
		return err
	}
	return s.rememberDevice(ctx, tx, user)
}
