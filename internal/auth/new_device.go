package auth

import (
	"context"
	"net/netip"
	"time"

	"github.com/google/uuid"
)

// deviceMemory is how long a device is known after its last session, counted from when that had to end at
// the latest: a user who logs in again because the 90 days are over gets no notice for it.
const deviceMemory = sessionAbsolute + 90*24*time.Hour

// jobNewDevice is to tell a user of a login from a device that is not known: UserID.
var jobNewDevice = newJob("new_device", notice(LetterNewDevice))

// LetterNewDevice tells of such a login.
var LetterNewDevice = newLetter("new_device", LetterSpec{order: 70})

// ExpiredDevices are those from which a user has not logged in for long.
var ExpiredDevices = newExpired("devices", cleanupTask{order: 90, kept: deviceMemory})

// deviceStore remembers from which devices users have logged in.
type deviceStore interface {
	// MeetDevice notes that the user logs in from a device at a time, and returns when it did so
	// last, and when it logged in last from any; zero times: never. The caller holds the lock of
	// the user. ErrNotFound when there is no such user.
	MeetDevice(ctx context.Context, userID uuid.UUID, device string, at time.Time) (fromIt, fromAny time.Time, err error)
}

// meetDevice enqueues a notice to the user if a session begins on a device from which the user has had no
// session for 90 days. There is none at the first login, with which a sign-up may end, and none before the address is
// confirmed, if the operator wants that at all: whoever logs in may be a stranger who signed up with it.
func (s *Service) meetDevice(ctx context.Context, tx *tx, user *User, session *Session) error {
	fromIt, fromAny, err := tx.MeetDevice(ctx, user.ID, deviceOf(session.IPAddress, session.UserAgent), tx.at)
	if err != nil {
		return err
	}
	proved := user.EmailVerified() || s.config.EmailVerification == VerificationNone
	if fromAny.IsZero() || !proved || tx.at.Before(fromIt.Add(deviceMemory)) {
		return nil
	}
	return tx.enqueue(ctx, OutboxItem{Job: jobNewDevice, UserID: user.ID, Recipient: user.Email.Canonical})
}

// deviceOf says from which device a request came, in what stays the same: the network, because addresses
// change within one, and the browser and system in words, because versions change.
func deviceOf(ipAddress, userAgent string) string {
	network := ""
	if address, err := netip.ParseAddr(ipAddress); err == nil {
		address = address.Unmap().WithZone("")
		bits := 24
		if address.Is6() {
			bits = 48
		}
		network = netip.PrefixFrom(address, bits).Masked().String()
	}
	return network + " " + deviceInWords(userAgent)
}
