package auth

import (
	"context"
	"net/netip"
	"time"

	"github.com/google/uuid"
)

// clientMemory is how long a client is known after its last session, counted from when that had to
// end at the latest: who logs in anew because 90 days are over gets no notice for it.
const clientMemory = sessionAbsolute + 90*24*time.Hour

// JobNewDevice is to tell a user of a login from a client that is not known: UserID.
var JobNewDevice = newJob("new_device", notice(LetterNewDevice))

// LetterNewDevice tells of such a login.
var LetterNewDevice = newLetter("new_device", LetterSpec{order: 70})

// ExpiredDevices are those from which a user has not logged in for long.
var ExpiredDevices = newExpired("devices", cleanupTask{order: 90, kept: clientMemory})

// ClientStore remembers from which clients users have logged in.
type ClientStore interface {
	// MeetClient notes that the user logs in from a client at a time, and returns when it did so
	// last, and when it logged in last from any; zero times: never. The caller holds the lock of
	// the user. ErrNotFound when there is no such user.
	MeetClient(ctx context.Context, userID uuid.UUID, client string, at time.Time) (fromIt, fromAny time.Time, err error)
}

// meetClient owes the user a notice if a session that begins is from a client that it has had no
// session from for 90 days. There is none at the first login, with which a sign-up may end.
func meetClient(ctx context.Context, tx *tx, user *User, session *Session) error {
	fromIt, fromAny, err := tx.MeetClient(ctx, user.ID, clientOf(session), tx.at)
	if err != nil {
		return err
	}
	if fromAny.IsZero() || tx.at.Before(fromIt.Add(clientMemory)) {
		return nil
	}
	return tx.enqueue(ctx, OutboxItem{Job: JobNewDevice, UserID: user.ID, Recipient: user.Email.Canonical})
}

// clientOf says where a session is from as far as it is to be recognized: the network, since
// addresses change within one, and the device in words, since versions change.
func clientOf(session *Session) string {
	network := ""
	if address, err := netip.ParseAddr(session.IPAddress); err == nil {
		address = address.Unmap().WithZone("")
		bits := 24
		if address.Is6() {
			bits = 48
		}
		network = netip.PrefixFrom(address, bits).Masked().String()
	}
	return network + " " + session.Device()
}
