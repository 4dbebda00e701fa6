package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// Method is a way to prove who one is.
type Method string

// The methods.
const (
	MethodPassword      Method = "PASSWORD"
	MethodMailedCode    Method = "MAILED_CODE"
	MethodPasskey       Method = "PASSKEY"
	MethodProvider      Method = "PROVIDER"
	MethodTOTP          Method = "TOTP"
	MethodRecoveryCode  Method = "RECOVERY_CODE"
	MethodTrustedDevice Method = "TRUSTED_DEVICE"
	MethodInvitation    Method = "INVITATION"
)

// proof is a credential that was verified outside of a transaction, where that may take its time. The
// account may change before admit locks it, so a proof can be rechecked.
type proof struct {
	methods []Method // what was proved; none: only that a session is fresh
	factors int
	userID  uuid.UUID // whom admit locks; uuid.Nil: lock does
	// lock locks the user, or creates it; nil: admit locks the user with userID.
	lock func(ctx context.Context, tx *tx) (*User, error)
	// recheck returns nil if the proof still holds for the locked user, and uses up what works once.
	// errOvertaken has the credential proved once more; any other error refuses it.
	recheck func(ctx context.Context, tx *tx, user *User) error
	// forgives returns the counts of wrong codes that begin anew with the grant; nil: none.
	forgives func(user *User) []string
	// deviceID is the trusted device on which it is proved; uuid.Nil: none.
	deviceID uuid.UUID
	// seenAt is when a provider saw its user prove something, zero if it does not say; nil: it is proved here and now.
	seenAt  *time.Time
	attempt *ratelimit.Attempt // settled with the grant; nil: not limited, or settled already
}

// onDevice returns the proof as it is made on a trusted device. skips: the device stands in for the second factor.
func (p *proof) onDevice(id uuid.UUID, skips bool) *proof {
	more := *p
	more.deviceID = id
	if skips {
		more.methods = withMethods(p.methods, MethodTrustedDevice)
	}
	return &more
}

// seenAhead is how far the clock of a provider may be ahead of ours.
const seenAhead = time.Minute

// at returns when the proof was made: what another saw at a time that it does not tell, or that is yet to come, is not
// recent.
func (p *proof) at(now time.Time) time.Time {
	switch {
	case p.seenAt == nil:
		return now
	case p.seenAt.IsZero(), p.seenAt.After(now.Add(seenAhead)):
		return now.Add(-freshFor)
	}
	return earlier(*p.seenAt, now)
}

// errOvertaken is returned when the account changed while a credential was being verified, so that it
// has to be verified again: the account was disabled, say, or has another password, or a new hash of
// the same one, which another login made at this moment.
var errOvertaken = errors.New("the account was changed meanwhile")

// samePassword returns nil if the password that was verified is still that of the user, and otherwise
// errOvertaken.
func samePassword(verified, user *User) error {
	if user.PasswordHash != verified.PasswordHash {
		return errOvertaken
	}
	return nil
}

// verifyOwn reports whether a password is that of a user who has a session. A wrong one is counted.
func (s *Service) verifyOwn(ctx context.Context, attempt *ratelimit.Attempt, user *User, password presented) (bool, error) {
	match, _, err := s.compare(ctx, s.comparable(ctx, user.ID, user.PasswordHash), "", password)
	if err != nil {
		failOn(attempt, err)
		return false, busy(err, "verify password")
	}
	if match {
		return true, nil
	}
	attempt.Fail()
	return false, attempt.Finish(ctx)
}

// lockUserOf locks the user of a caller. errSessionEnded if there is none any more.
func lockUserOf(caller *Caller) func(ctx context.Context, tx *tx) (*User, error) {
	return func(ctx context.Context, tx *tx) (*User, error) {
		user, err := tx.LockUser(ctx, caller.User.ID)
		if errors.Is(err, ErrNotFound) {
			return nil, errSessionEnded
		}
		return user, err
	}
}

// withMethods returns the methods with others added, each once.
func withMethods(methods []Method, more ...Method) []Method {
	all := slices.Clone(methods)
	for _, method := range more {
		if !slices.Contains(all, method) {
			all = append(all, method)
		}
	}
	return all
}
